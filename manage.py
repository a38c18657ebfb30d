#!/usr/bin/env python
"""Django's command line for the service desk."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itsm.settings")
    from django.core.management import execute_from_command_line

    from itsm.lib import env

    env.load_or_exit()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
