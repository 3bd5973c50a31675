"""nginx's configuration for this site, from deploy/nginx.conf.template, on standard output.

    python3 deploy/render.py --server-name www.example.org --upstream 127.0.0.1:8001 \
        --upstream 127.0.0.1:8002 --certificate /etc/ssl/site.pem --certificate-key /etc/ssl/site.key \
        > /etc/nginx/conf.d/charhar.conf

With --alone FOLDER it is a whole configuration, for an nginx that needs no rights and keeps everything in
that folder. Standard library only: it runs where nothing of the site is installed.
"""

import argparse
import ipaddress
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# What the page cache takes for no part of an address; a test compares the two.
TRACKING = (
    r"(?:utm|mtm|pk|hsa|at)_\w+|(?:fb|g|gb|wb|dcl|msc|ttc|yc|li_fat_|tw)clid|gad_source|mc_[ce]id|igshid|spm"
)
FILES_IN_ONE_FORM = 20


class Refused(ValueError):
    """A value that nginx would misread; its message says which and why."""


def host(value: str) -> str:
    """A host name, or an address, as ``server_name`` takes it."""
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", value):
        raise Refused(f"{value!r} is no host name.")
    return value


def upstream(value: str) -> str:
    """``host:port``, ``[address]:port`` or ``unix:/path``."""
    if not re.fullmatch(r"(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}|unix:/[\w./@-]+", value):
        raise Refused(f"{value!r} is no upstream; it must look like 127.0.0.1:8001 or unix:/run/site.sock.")
    return value


def listen(value: str) -> str:
    """A port, or an address with one."""
    if not re.fullmatch(r"(?:(?:[0-9.]+|\[[0-9a-fA-F:]+\]):)?[0-9]{1,5}", value):
        raise Refused(f"{value!r} is nothing to listen on; it must look like 80 or 127.0.0.1:8080.")
    return value


def network(value: str) -> str:
    """An address or a network, as ``set_real_ip_from`` takes it."""
    try:
        return str(ipaddress.ip_network(value))
    except ValueError as error:
        raise Refused(f"{value!r} is no address or network.") from error


def path(value: str) -> str:
    """An absolute path of letters that need no quoting."""
    if not re.fullmatch(r"/[\w./@+-]*", value):
        raise Refused(f"{value!r} is no absolute path without spaces.")
    return value.rstrip("/") or "/"


def filled(template: str, values: dict[str, str], parts: dict[str, bool]) -> str:
    """A template with its parts kept or dropped and each ``@NAME@`` replaced; KeyError for an unknown one."""
    for name, wanted in parts.items():
        between = re.compile(rf"^# \[{name}\]\n(.*?)^# \[/{name}\]\n", re.MULTILINE | re.DOTALL)
        template = between.sub(r"\1" if wanted else "", template)
    return re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], template)


def rendered(arguments: argparse.Namespace) -> str:
    """The configuration that the command line asks for."""
    folder = arguments.alone
    tls = bool(arguments.certificate)
    if tls != bool(arguments.certificate_key):
        raise Refused("--certificate and --certificate-key belong together.")
    values = {
        "UPSTREAMS": "\n".join(
            f"    server {each} {how};"
            for how in ("max_fails=3 fail_timeout=2s", "max_fails=0 backup")
            for each in arguments.upstream
        ),
        "TRACKING": TRACKING,
        "SERVER_NAMES": " ".join(arguments.server_name),
        "LISTEN": arguments.listen,
        "TRUSTED": "\n".join(f"    set_real_ip_from {each};" for each in arguments.trust),
        "TRUSTED_GEO": "\n".join(f"    {each} 1;" for each in arguments.trust),
        "VAR_DIR": arguments.var_dir or "",
        "CACHE_DIR": arguments.cache_dir or (f"{folder}/kept" if folder else "/var/cache/nginx/charhar"),
        "ACCESS_LOG": arguments.access_log
        or (f"{folder}/access.log" if folder else "/var/log/nginx/charhar.log"),
        "ACME_DIR": arguments.acme_dir,
        "CERTIFICATE": arguments.certificate or "",
        "CERTIFICATE_KEY": arguments.certificate_key or "",
        "MOST_UPLOAD_MEGABYTES": str(arguments.max_upload_megabytes * FILES_IN_ONE_FORM),
    }
    parts = {
        "tls": tls,
        "plain": not tls,
        "trust": bool(arguments.trust),
        "microcache": not arguments.no_microcache,
        "files": bool(arguments.var_dir),
    }
    site = filled((HERE / "nginx.conf.template").read_text(), values, parts)
    if not folder:
        return site
    main = {
        "FOLDER": folder,
        "ERROR_LOG": arguments.error_log or f"{folder}/error.log",
        "MIME_TYPES": arguments.mime_types,
        "SITE": site,
        "USER": arguments.user or "",
    }
    return filled((HERE / "nginx-main.conf.template").read_text(), main, {"user": bool(arguments.user)})


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = line.add_argument
    add("--server-name", type=host, action="append", required=True, help="again for each name of the site")
    add("--upstream", type=upstream, action="append", required=True, help="again for each gunicorn")
    add("--listen", type=listen, default="80", help="for plain HTTP; with a certificate it leads to HTTPS")
    add("--certificate", type=path, help="the chain, PEM; without it the site speaks plain HTTP")
    add("--certificate-key", type=path)
    add("--acme-dir", type=path, default="/var/www/acme", help="where proofs for a certificate are put")
    add("--var-dir", type=path, help="VAR_DIR, where nginx can read it: static files and pictures from disk")
    add("--cache-dir", type=path)
    add("--trust", type=network, action="append", default=[], help="a CDN or balancer in front, by network")
    add("--max-upload-megabytes", type=int, default=50, help="MAX_UPLOAD_MEGABYTES of the site")
    add("--no-microcache", action="store_true", help="ask the site each time")
    add("--access-log", type=path)
    add("--alone", type=path, metavar="FOLDER", help="a whole configuration that keeps to this folder")
    add("--error-log", type=path, help="with --alone")
    add("--user", type=host, help="with --alone, where root starts it: whose rights nginx takes")
    add("--mime-types", type=path, default="/etc/nginx/mime.types", help="with --alone")
    return line


def main() -> None:
    """Print the configuration, or say in a sentence what is wrong."""
    try:
        sys.stdout.write(rendered(parser().parse_args()))
    except Refused as refused:
        sys.exit(str(refused))


if __name__ == "__main__":
    main()
