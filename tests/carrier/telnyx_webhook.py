"""Does Telnyx's own library take this webhook? stdin: {"headers": …, "body": …, "key": the public key}."""

import json
import sys

import telnyx

asked = json.load(sys.stdin)
client = telnyx.Telnyx(api_key="KEY", public_key=asked["key"])
try:
    client.webhooks.unwrap(asked["body"], headers=asked["headers"])
except ValueError:
    print("refused")
    sys.exit(1)
