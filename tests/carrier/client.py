"""Drives Twilio's own client against any server that speaks its API.

    COMEBACK_ACCOUNT_SID=AC... COMEBACK_AUTH_TOKEN=... python client.py BASE_URL ACTION < arguments.json

The client builds its requests for api.twilio.com; only scheme and host are exchanged before they leave. Standard input
is a JSON object of arguments by the names the client gives them, empty for none. Actions:

    send    messages.create:  {"to": ..., "from_": ..., "body": ..., "status_callback": ...}
    list    messages.list:    {"to": ..., "from_": ..., "date_sent_after": "2026-11-24T10:00:00Z", "limit": 20,
                               "page_size": 5}
    fetch   messages(sid).fetch:   {"sid": "SM..."}
    media   messages(sid).media.list:  {"sid": "MM..."}
    cancel  messages(sid).update(status="canceled"):  {"sid": "SM..."}
    redact  messages(sid).update:  {"sid": "SM...", "body": ""}
    delete  messages(sid).delete:  {"sid": "SM..."}

Prints one JSON value: the message, the list of messages, true for a deletion. An answer that the client takes for an
error is printed as {"error": {"status", "code", "message"}} and ends with 1; anything else that goes wrong ends with 2.
"""

import json
import sys
from datetime import date, datetime
from urllib.parse import urlsplit, urlunsplit

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from common import read_stdin, secret, token

FIELDS = (
    "sid account_sid messaging_service_sid to from_ body direction status error_code error_message num_segments "
    "num_media price price_unit date_created date_sent date_updated api_version uri"
).split()


class Elsewhere(TwilioHttpClient):
    """Sends every request to another host, unchanged but for that."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=10)
        # Neither a proxy nor a .netrc of this machine belongs into the test.
        self.session.trust_env = False
        self.base = urlsplit(base_url)

    def request(self, method, url, *args, **kwargs):
        asked = urlsplit(url)
        path = self.base.path.rstrip("/") + asked.path
        url = urlunsplit((self.base.scheme, self.base.netloc, path, asked.query, ""))
        return super().request(method, url, *args, **kwargs)


def plain(message) -> dict:
    def value(v):
        return v.isoformat() if isinstance(v, (date, datetime)) else v

    return {field: value(getattr(message, field)) for field in FIELDS}


def run(client: Client, action: str, arguments: dict):
    for name in ("date_sent", "date_sent_before", "date_sent_after"):
        if name in arguments:
            arguments[name] = datetime.fromisoformat(arguments[name].replace("Z", "+00:00"))
    if action == "send":
        return plain(client.messages.create(**arguments))
    if action == "list":
        return [plain(m) for m in client.messages.list(**arguments)]
    sid = arguments.pop("sid")
    if action == "fetch":
        return plain(client.messages(sid).fetch())
    if action == "media":
        return [{"sid": m.sid, "content_type": m.content_type} for m in client.messages(sid).media.list()]
    if action == "cancel":
        return plain(client.messages(sid).update(status="canceled"))
    if action == "redact":
        return plain(client.messages(sid).update(**arguments))
    if action == "delete":
        return client.messages(sid).delete()
    raise ValueError(f"no such action: {action}")


def main() -> None:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    _, base_url, action = sys.argv
    client = Client(secret("COMEBACK_ACCOUNT_SID"), token(), http_client=Elsewhere(base_url))
    try:
        answer = run(client, action, json.loads(read_stdin().strip() or "{}"))
    except TwilioRestException as refused:
        print(json.dumps({"error": {"status": refused.status, "code": refused.code, "message": refused.msg}}))
        sys.exit(1)
    except (TwilioException, OSError, ValueError, TypeError, KeyError) as wrong:
        print(f"{type(wrong).__name__}: {wrong}", file=sys.stderr)
        sys.exit(2)
    print(json.dumps(answer))


main()
