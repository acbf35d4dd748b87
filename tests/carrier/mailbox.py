"""A mail server on loopback: says its port, then each mail it takes as one line of JSON.

The first argument is the answers to give, separated by commas: "take", or a line as "451 later". A second one, "smtps" or
"starttls", lets only encrypted connections in, with the certificate and the key of the next two; whoever sends must then
be nina, with the password s3cret.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


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


def is_nina(server, session, envelope, mechanism, data) -> AuthResult:
    return AuthResult(success=isinstance(data, LoginPassword) and data == LoginPassword(b"nina", b"s3cret"))


async def main() -> None:
    answers = [a for a in (sys.argv[1] if len(sys.argv) > 1 else "").split(",") if a]
    kind = sys.argv[2] if len(sys.argv) > 2 else ""
    wrapped, terms = None, {"enable_SMTPUTF8": True}
    if kind:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(sys.argv[3], sys.argv[4])
        terms |= {"authenticator": is_nina, "auth_required": True}
        if kind == "smtps":
            # All of it is encrypted already, which this server does not know.
            wrapped, terms = tls, terms | {"auth_require_tls": False}
        else:
            terms |= {"tls_context": tls, "require_starttls": True}
    loop = asyncio.get_running_loop()
    mailbox = Mailbox(answers)
    server = await loop.create_server(lambda: SMTP(mailbox, **terms), "127.0.0.1", 0, ssl=wrapped)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    # Until whoever started it closes its input.
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
