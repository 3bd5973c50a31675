"""Make the renditions that pictures lack: after a restore, a new size in the code, or sample content."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from charhar.library.models import Image


class Command(BaseCommand):
    """``manage.py make_renditions [ID ...]``: may be run at any time, and twice."""

    help = "Make the renditions that are missing in the storage. What is there is left alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="only these images")

    def handle(self, *args: Any, **options: Any) -> None:
        images = Image.objects.order_by("pk")
        if options["ids"]:
            images = images.filter(pk__in=options["ids"])
        total, made, failed = images.count(), 0, 0
        for number, image in enumerate(images.iterator(chunk_size=100), 1):
            try:
                files = image.make_missing()
            except Exception as error:  # one bad picture must not keep the others waiting
                failed += 1
                self.stderr.write(f"{number}/{total} image {image.pk}, {image}: {error!r}")
                continue
            made += files
            if files or options["verbosity"] > 1:
                self.stdout.write(f"{number}/{total} image {image.pk}, {image}: {files} made")
        self.stdout.write(f"{total} images looked at, {made} files made, {failed} images failed.")
        if failed:
            raise CommandError(f"{failed} images failed; see above.")
