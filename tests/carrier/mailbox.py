"""A mail server on loopback: says its port, then each mail it takes as one line of JSON.

The first argument is the answers to give, separated by commas: "take", or a line as "451 later".
"""

import asyncio
import email
import email.policy
import json
import sys

from aiosmtpd.smtp import SMTP


class Mailbox:
    def __init__(self, answers):
        self.answers = answers

    async def handle_DATA(self, server, session, envelope):
        answer = self.answers.pop(0) if self.answers else "take"
        if answer != "take":
            return answer
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "body": mail.get_body(("plain",)).get_content(),
            "html": part.get_content() if (part := mail.get_body(("html",))) else None,
            "beside": [
                {"name": part.get_filename(), "kind": part.get_content_type(), "content": part.get_content()}
                for part in mail.iter_attachments()
            ],
        }
        print(json.dumps(told), flush=True)
        return "250 taken"


async def main() -> None:
    answers = [a for a in (sys.argv[1] if len(sys.argv) > 1 else "").split(",") if a]
    loop = asyncio.get_running_loop()
    mailbox = Mailbox(answers)
    server = await loop.create_server(lambda: SMTP(mailbox, enable_SMTPUTF8=True), "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    # Until whoever started it closes its input.
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
