"""What a web server imports."""

import os

from django.core.wsgi import get_wsgi_application

from itsm.lib import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itsm.settings")
# gunicorn takes 3 from a worker as "it cannot start" and gives up instead of trying for ever.
env.load_or_exit(3)

application = get_wsgi_application()
