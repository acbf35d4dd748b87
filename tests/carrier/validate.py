"""Asks Twilio's own code whether a webhook's signature is right.

    COMEBACK_AUTH_TOKEN=... python validate.py URL SIGNATURE [--json] < params.json

Standard input is a JSON object of the form's parameters (a list stands for a repeated one), or with --json the raw body
of a JSON webhook. Ends with 0 when Twilio's RequestValidator accepts it, with 1 when it does not, and with 2 when it
could not be asked.
"""

import sys

from twilio.request_validator import RequestValidator

from common import params_from, read_stdin, token


def main() -> None:
    arguments = [a for a in sys.argv[1:] if a != "--json"]
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    url, signature = arguments
    body = read_stdin()
    params = body if "--json" in sys.argv else params_from(body)
    accepted = RequestValidator(token()).validate(url, params, signature)
    print("accepted" if accepted else "refused")
    sys.exit(0 if accepted else 1)


main()
