"""A member of staff in the admin and on the desk, without a browser: forms, cookies and CSRF as one would send them."""

import re

import httpx2

from config.supervisor import System

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Staff:
    """Signed in through the admin's own form."""

    def __init__(self, system: System) -> None:
        assert system.admin_password is not None
        self._http = httpx2.Client(base_url=system.url, follow_redirects=True, timeout=30.0)
        page = self._http.post(
            "/admin/login/?next=/desk/",
            data={
                "username": "admin",
                "password": system.admin_password,
                "next": "/desk/",
                "csrfmiddlewaretoken": self._token("/admin/login/"),
            },
            headers={"Referer": f"{system.url}/admin/login/"},
        )
        assert page.status_code == 200, page.status_code
        assert page.url.path == "/desk/", page.url

    def page(self, path: str) -> str:
        answer = self._http.get(path)
        answer.raise_for_status()
        return answer.text

    def send(self, path: str, **fields: str) -> httpx2.Response:
        """Fill in the form that stands at `path`."""
        return self.send_late(path, self._token(path), **fields)

    def send_late(self, path: str, token: str, **fields: str) -> httpx2.Response:
        """Send a form that was opened before, when it had this token."""
        fields["csrfmiddlewaretoken"] = token
        return self._http.post(path, data=fields, headers={"Referer": str(self._http.base_url) + path})

    def open_form(self, path: str) -> str:
        """Open the form at `path`, and send nothing yet; returns its token."""
        return self._token(path)

    def cookies(self) -> str:
        """As a browser sends them."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._http.cookies.jar)

    def close(self) -> None:
        self._http.close()

    def _token(self, path: str) -> str:
        found = _TOKEN.search(self.page(path))
        assert found, f"no form at {path}"
        return found.group(1)
