"""Drives Telnyx's own client against any server that speaks its API.

    COMEBACK_API_KEY=KEY... python telnyx_client.py BASE_URL ACTION < arguments.json

Actions: send (messages.send), retrieve (messages.retrieve: {"id": ...}), records (every message's detail record).
Prints one JSON value. An answer that the client takes for an error is printed as {"error": {"status", "code"}} and ends
with 1; anything else that goes wrong ends with 2.
"""

import json
import os
import sys

import httpx
import telnyx


def plain(message) -> dict:
    to = message.to[0]
    return {"id": message.id, "direction": message.direction, "status": to.status, "text": message.text}


def run(client: telnyx.Telnyx, action: str, arguments: dict):
    if action == "send":
        return plain(client.messages.send(**arguments).data)
    if action == "retrieve":
        return plain(client.messages.retrieve(arguments["id"]).data)
    if action == "records":
        records = client.detail_records.list(filter={"record_type": "messaging"}, page_size=1)
        # Of pages with one record each, to the last.
        return [{"uuid": r.uuid, "status": r.status, "webhook_url": r.delivery_status_webhook_url} for r in records]
    raise ValueError(f"no such action: {action}")


def main() -> None:
    base_url, action = sys.argv[1:]
    # Neither a proxy nor a .netrc of this machine belongs into the test.
    http = httpx.Client(trust_env=False, timeout=10)
    client = telnyx.Telnyx(
        api_key=os.environ["COMEBACK_API_KEY"], base_url=f"{base_url}/v2", max_retries=0, http_client=http
    )
    try:
        print(json.dumps(run(client, action, json.load(sys.stdin))))
    except telnyx.APIStatusError as e:
        code = e.body["errors"][0]["code"] if isinstance(e.body, dict) else e.body[0]["code"]
        print(json.dumps({"error": {"status": e.status_code, "code": code}}))
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except Exception as e:  # noqa: BLE001
        print(repr(e), file=sys.stderr)
        sys.exit(2)
