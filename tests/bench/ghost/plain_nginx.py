"""nginx before Ghost as Ghost's own installer sets it up: TLS, a handful of headers, nothing kept."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import eventually, free_port
from workers.proxy.program import Nginx
from workers.stack import ports
from workers.stack.server import tethered

CONFIGURATION = """
worker_processes auto;
pid {folder}/nginx.pid;
events {{ worker_connections 768; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    sendfile on;
    tcp_nopush on;
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:SSL:10m;
        client_max_body_size 50m;
        location / {{
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header Host $http_host;
            proxy_pass {behind};
        }}
    }}
}}
"""


@contextmanager
def plain_nginx(behind: str, folder: Path, certificate: Path, key: Path) -> Iterator[str]:
    """Where it stands."""
    folder.mkdir()
    port, configuration = free_port(), folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(folder=folder, port=port, certificate=certificate, key=key, behind=behind)
    )
    command = [Nginx.find().path, "-e", "stderr", "-c", str(configuration), "-g", "daemon off;"]
    process = subprocess.Popen(tethered(command, end_with="QUIT"))
    try:
        eventually(lambda: not ports.is_free(port))
        yield f"https://localhost:{port}"
    finally:
        process.terminate()
        process.wait(30)
