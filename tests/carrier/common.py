"""What the scripts share: secrets come by environment, parameters by standard input."""

import json
import os
import sys


def secret(name: str) -> str:
    """A value from the environment; as an argument every user of the machine could read it."""
    value = os.environ.get(name)
    if not value:
        print(f"{name} is not set", file=sys.stderr)
        sys.exit(2)
    return value


def token() -> str:
    """The account's auth token."""
    return secret("COMEBACK_AUTH_TOKEN")


def read_stdin() -> str:
    """Standard input as UTF-8, whatever the locale, and with its line ends as they are."""
    return sys.stdin.buffer.read().decode("utf-8")


class Params(dict):
    """Parameters of a form as Twilio's validator asks for them: every name with all its values."""

    def getlist(self, name: str) -> list:
        value = self[name]
        return value if isinstance(value, list) else [value]


def params_from(text: str) -> Params:
    """A JSON object whose values are texts or lists of texts."""
    params = Params(json.loads(text.strip() or "{}"))
    for name in params:
        if not all(isinstance(value, str) for value in params.getlist(name)):
            print(f"the parameter {name} is neither a text nor a list of texts", file=sys.stderr)
            sys.exit(2)
    return params
