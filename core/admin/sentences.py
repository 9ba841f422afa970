"""What databases and Piccolo say about a refused value, in words for who filled in the form."""

from __future__ import annotations

import json
import re

SENTENCES = {
    r"UNIQUE constraint failed: (.+)": "Another row has the same {}.",
    r"duplicate key .*?unique constraint \"(.+?)\"": "Another row has the same value ({}).",
    r"NOT NULL constraint failed: (.+)": "{} must be given.",
    r"null value in column \"(.+?)\"": "{} must be given.",
    r"FOREIGN KEY constraint failed()": (
        "It refers to a row that is not there, or other rows still refer to it."
    ),
    r"update or delete .*?foreign key constraint \"(.+?)\"": "Other rows still refer to it ({}).",
    r"insert or update .*?foreign key constraint \"(.+?)\"": (
        "It refers to a row that is not there ({})."
    ),
    r"CHECK constraint failed: (.+)": "The database does not allow this value ({}).",
}


def sentence(text: str) -> str:
    """Return a database's message as a sentence; one that is not known stays as it is."""
    for pattern, words in SENTENCES.items():
        if found := re.search(pattern, text):
            return words.format(re.sub(r"\w+\.(?=\w)", "", found[1]))
    return text


def readable(status: int, body: bytes) -> tuple[int, str] | None:
    """Return an error answer of Piccolo as plain text, the one form its pages show as it is.

    None stands for an answer that they show well already.
    """
    text = body.decode(errors="replace")
    try:
        told = json.loads(text)
    except ValueError:
        refused = status == 500 and text.startswith("Unable to")
        return 422 if refused else status, sentence(text.removeprefix("Error: "))
    if isinstance(told, dict):
        for key in ("db_error", "detail"):
            if isinstance(told.get(key), str):
                return status, sentence(told[key])
    return None
