"""PUBLIC_URL as an operator sees it: Django's own deployment check is content, and the admin answers as it must."""

import os
from pathlib import Path

from tests.integration.config.commands import manage
from tests.prepared_cluster import copy_prepared_cluster

ASK = """
from django.test import Client
client = Client(headers={"host": "support.example.com"}, enforce_csrf_checks=True)
plain = client.get("/admin/login/")
print(plain.status_code, plain.headers["Location"])
print(client.get("/healthz").status_code, client.get("/readyz").status_code)
secure = client.get("/admin/login/", headers={"x-forwarded-proto": "https"})
print(secure.status_code, secure.headers["Strict-Transport-Security"], secure.cookies["csrftoken"]["secure"])
posted = client.post(
    "/admin/login/", {"csrfmiddlewaretoken": secure.cookies["csrftoken"].value, "username": "nobody", "password": "x"},
    headers={"x-forwarded-proto": "https", "origin": "https://support.example.com"},
)
print(posted.status_code)
"""


def test_the_deployment_check_is_clean_with_an_https_address(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", PUBLIC_URL="https://support.example.com")
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    assert "W0" not in done.stdout + done.stderr


def test_people_are_sent_to_https_and_their_cookies_stay_there(tmp_path: Path) -> None:
    copy_prepared_cluster(tmp_path, models=Path(os.environ["HANDRAIL_DATA_DIR"]) / "models")
    done = manage(tmp_path, "shell", "--no-imports", "-c", ASK, PUBLIC_URL="https://support.example.com")
    assert done.stdout.splitlines() == [
        "301 https://support.example.com/admin/login/",
        "200 200",
        "200 max-age=2592000 True",
        "200",
    ], done.stdout + done.stderr
