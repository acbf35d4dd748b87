"""Signs a body with the published library of Standard Webhooks, now. stdin: {"body": …}; prints the headers."""

import json
import os
import sys
from datetime import datetime, timezone

from standardwebhooks.webhooks import Webhook

body, now = json.load(sys.stdin)["body"], datetime.now(tz=timezone.utc)
signature = Webhook(os.environ["COMEBACK_WEBHOOK_SECRET"]).sign("msg_1", now, body)
headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
print(json.dumps(headers))
