"""Signs an inbound webhook with Twilio's own code.

    COMEBACK_AUTH_TOKEN=... python sign.py URL [--json] < params.json

Standard input is a JSON object of the form's parameters; a list stands for a repeated parameter. The signature goes to
standard output. The URL is signed as it is given, as Twilio does: what the account was told, query included.

With --json standard input is the raw body of a JSON webhook. Twilio then adds the body's SHA-256 to the URL, so two
lines are printed: the URL to post to, and its signature.
"""

import sys

from twilio.request_validator import RequestValidator

from common import params_from, read_stdin, token


def main() -> None:
    arguments = [a for a in sys.argv[1:] if a != "--json"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    (url,) = arguments
    validator = RequestValidator(token())
    body = read_stdin()
    if "--json" in sys.argv:
        url += ("&" if "?" in url else "?") + "bodySHA256=" + validator.compute_hash(body)
        print(url)
        print(validator.compute_signature(url, {}))
    else:
        print(validator.compute_signature(url, params_from(body)))


main()
