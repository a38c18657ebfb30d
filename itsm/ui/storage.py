"""Static files with their hash in the name, also where one of our script modules imports another."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_imports = HashedFilesMixin._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Django's switch for modules would read every script of every package; only ours are modules."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("ui/js/*.js", _imports))
