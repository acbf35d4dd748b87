"""Does the published library of Standard Webhooks take this message? stdin: {"headers": …, "body": …}."""

import json
import os
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

asked = json.load(sys.stdin)
try:
    Webhook(os.environ["COMEBACK_WEBHOOK_SECRET"]).verify(asked["body"], asked["headers"])
except WebhookVerificationError:
    print("refused")
    sys.exit(1)
