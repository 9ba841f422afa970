"""Export and import: byte for byte, and nothing hostile gets in."""

from __future__ import annotations

import asyncio
import io
import stat
import struct
import time
import zipfile
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.notes.archive import importing
from plugins.notes.archive.entries import Entry, packed, unpacked
from plugins.notes.service import notes as service
from tests.plugins.notes.making import NOTEBOOKS, NOTES, note, notebook, read

EXPORT, IMPORT = f"{NOTES}/export", f"{NOTES}/import"
ZIP = {"content-type": "application/zip"}


def files(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], **more: Any) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, **more) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return made.getvalue()


async def bring(person: Any, content: bytes) -> Any:
    return await person.post(IMPORT, content=content, headers=ZIP)


async def export(person: Any) -> dict[str, bytes]:
    answer = await person.get(EXPORT)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    return files(answer.content)


LETTERS = st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")
TEXTS, WORDS = st.text(LETTERS), st.text(LETTERS, max_size=100)
TAGS = st.lists(WORDS.filter(lambda each: each.strip() == each != ""), max_size=3)


@given(TEXTS, TEXTS, TAGS)
def test_any_note_comes_back_as_it_went(title: str, text: str, tags: list[str]) -> None:
    entry = Entry(title=title[:500], text=text, tags=tags, pinned=True)
    back = unpacked("x/y.md", packed(entry).decode())
    assert (back.text, back.tags, back.pinned) == (text, tags, True)
    assert back.title == entry.title


async def test_a_thousand_notes_come_back_byte_for_byte(ada: Any, grace: Any) -> None:
    outer = await notebook(ada, "Räume/Küche")
    inner = await notebook(ada, "..", outer)
    for title, text in {
        "a/b\\c: ..": "---\ntitle: no\n---\n\n# Not front matter\r\n\ttabs \n",
        "🧑‍🍳 עברית": "[[Bread]]\n\n- [ ] ü\n",
        "": "",
        "x" * 500: "\ufeffbom\n---\n",
    }.items():
        await note(ada, title, text, notebook=inner, tags=["a b", 'q"'], pinned=True)
    plain = [
        (f"folder/{number}.md", f"# Note {number}\n\ntext\n".encode()) for number in range(996)
    ]
    assert (await bring(ada, zipped(*plain))).json() == {"notes": 996, "notebooks": 1}
    first = await export(ada)
    assert len(first) == 1000
    answer = await bring(grace, zipped(*first.items()))
    assert answer.json() == {"notes": 1000, "notebooks": 3}, answer.text
    second = await export(grace)
    assert sorted(first.values()) == sorted(second.values())


async def test_a_folder_of_plain_markdown_becomes_notes_in_notebooks(ada: Any) -> None:
    content = zipped(
        ("recipes/bread.md", b"# Rye bread\n\nflour"),
        ("recipes/soups/leek.md", b"leek"),
        ("other.md", b"---\ntitle: From elsewhere\nauthor: somebody\ntags: [a, b]\n---\ntext"),
        ("windows.md", b"\xef\xbb\xbfbom"),
        ("picture.png", b"\x89PNG"),
        (".git/config.md", b"hidden"),
    )
    assert (await bring(ada, content)).json() == {"notes": 4, "notebooks": 2}
    notes = {each["title"]: each for each in (await ada.get(NOTES)).json()["items"]}
    assert set(notes) == {"Rye bread", "leek", "From elsewhere", "windows"}
    other = await read(ada, notes["From elsewhere"]["id"])
    assert other["tags"] == ["a", "b"]
    assert other["text"].startswith("---\ntitle: From elsewhere\nauthor: somebody")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Rye", "Rye"),
        ("###### Rye bread # \t", "Rye bread"),
        ("## C# ##", "C#"),
        ("#Rye", "file"),
        ("# #\n# Rye\r\n", "Rye"),
        ("text\n\n#\tRye", "Rye"),
        (f"# {' ' * 100_000}Rye{' #' * 50_000}", f"Rye{' #' * 248}"),
        (f"# Rye{' ' * 100_000}x", f"Rye{' ' * 497}"),
    ],
)
def test_a_plain_file_is_called_after_its_heading(text: str, title: str) -> None:
    assert unpacked("folder/file.md", text).title.rstrip() == title.rstrip()


async def test_notebooks_without_notes_and_deep_ones_come_back(ada: Any, grace: Any) -> None:
    deep, names = None, [f"{number} {'ä' * 150}" for number in range(20)]
    for name in names:
        deep = await notebook(ada, name, deep)
    await note(ada, "x" * 500, notebook=deep, tags=["\u0001" * 100] * 50)
    await notebook(ada, "Empty", await notebook(ada, "None/here"))
    first = await export(ada)
    answer = await bring(grace, zipped(*first.items()))
    assert answer.json() == {"notes": 1, "notebooks": 22}, answer.text
    assert sorted((await export(grace)).values()) == sorted(first.values())


async def test_odd_facts_bring_what_can_be_kept(ada: Any) -> None:
    odd = b'---\ntitle: "a\\u0000b"\ntags: ["\\u0000", 7]\nnotebook: ["N\\u0000"]\n---\ntext'
    content = zipped(("odd.md", odd), (".notebooks.json", b'[["\\u0000"], [], 3]'))
    assert (await bring(ada, content)).json() == {"notes": 1, "notebooks": 1}
    (found,) = (await ada.get(NOTES)).json()["items"]
    assert (found["title"], found["tags"]) == ("a\ufffdb", ["7", "\ufffd"])


async def test_a_notebook_that_goes_during_an_import_is_made_anew(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PORTION", 1)
    book, add = await notebook(ada, "folder"), service.add

    async def add_and_delete(*given: Any) -> Any:
        monkeypatch.setattr(service, "add", add)
        deleting.append(asyncio.create_task(ada.delete(f"{NOTEBOOKS}/{book}")))
        return await add(*given)

    deleting: list[asyncio.Task[Any]] = []
    monkeypatch.setattr(service, "add", add_and_delete)
    content = zipped(*((f"folder/{number}.md", b"x") for number in range(30)))
    answer = await bring(ada, content)
    assert answer.status_code == 200, answer.text
    assert (await deleting[0]).status_code == 204
    assert answer.json()["notes"] == 30


async def test_nothing_of_the_trash_or_of_others_is_exported(ada: Any, grace: Any) -> None:
    await note(grace, text="hers")
    trashed = await note(ada, text="trashed")
    await ada.delete(f"{NOTES}/{trashed['id']}")
    assert await export(ada) == {}


def info(name: str, mode: int = stat.S_IFREG, **more: Any) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    for key, value in more.items():
        setattr(made, key, value)
    return made


def bomb() -> bytes:
    return zipped(*((f"{number}.md", b"0" * 4_000_000) for number in range(70)), compresslevel=1)


def crowd(count: int) -> bytes:
    """Return a zip of empty files: what zipfile would write, in a fraction of its time."""
    content, listed = bytearray(), bytearray()
    for number in range(count):
        name = f"{number}.md".encode()
        common = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0)
        more = struct.pack("<HHHII", 0, 0, 0, 0, len(content))
        listed += b"PK\x01\x02" + struct.pack("<H", 20) + common + more + name
        content += b"PK\x03\x04" + common + name
    place, size = len(content), len(listed)
    if count > 0xFFFF:
        far = struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, place)
        listed += b"PK\x06\x06" + far
        listed += b"PK\x06\x07" + struct.pack("<IQI", 0, place + size, 1)
    told = min(count, 0xFFFF)
    end = struct.pack("<HHHHIIH", 0, 0, told, told, size, place, 0)
    return bytes(content + listed + b"PK\x05\x06" + end)


def test_a_crowd_of_files_is_a_zip() -> None:
    for count in (3, 70_000):
        with zipfile.ZipFile(io.BytesIO(crowd(count))) as archive:
            assert len(archive.namelist()) == count
            assert archive.read("2.md") == b""


def lying() -> bytes:
    content = zipped(("a.md", b"0" * 3_000_000))
    size = struct.pack("<I", 3_000_000)
    return content.replace(size, struct.pack("<I", 10))


def encrypted() -> bytes:
    content = bytearray(zipped(("a.md", b"x")))
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


HOSTILE = {
    "a bomb": (bomb, 413),
    "one long file": (lambda: zipped(("a.md", b"0" * 5_000_000)), 413),
    "a note that is too long": (lambda: zipped(("a.md", b"x" * 1_000_001)), 413),
    "too many files": (lambda: crowd(10_001), 413),
    "100 000 files": (lambda: crowd(100_000), 413),
    "a lie about the size": (lying, 422),
    "up": (lambda: zipped(("../a.md", b"x")), 422),
    "up inside": (lambda: zipped(("a/../../b.md", b"x")), 422),
    "absolute": (lambda: zipped(("/etc/a.md", b"x")), 422),
    "windows": (lambda: zipped(("C:\\a.md", b"x")), 422),
    "drive": (lambda: zipped(("C:a.md", b"x")), 422),
    "backslash": (lambda: zipped(("..\\a.md", b"x")), 422),
    "empty part": (lambda: zipped(("a//b.md", b"x")), 422),
    "a link": (lambda: zipped((info("a.md", stat.S_IFLNK), b"/etc/passwd")), 422),
    "a device": (lambda: zipped((info("a.md", stat.S_IFCHR), b"")), 422),
    "a huge name": (lambda: zipped(("x" * 5000 + ".md", b"x")), 422),
    "a long part": (lambda: zipped(("é" * 200 + ".md", b"x")), 422),
    "a deep path": (lambda: zipped(("a/" * 50 + "b.md", b"x")), 422),
    "an odd name": (lambda: zipped(("a\u202egpj.md", b"x")), 422),
    "the same name twice": (lambda: zipped(("a.md", b"x"), ("a.md", b"y")), 422),
    "encrypted": (encrypted, 422),
    "bzip2": (lambda: zipped((info("a.md", compress_type=zipfile.ZIP_BZIP2), b"x")), 422),
    "not UTF-8": (lambda: zipped(("a.md", "é".encode("latin-1"))), 422),
    "UTF-16": (lambda: zipped(("a.md", "é".encode("utf-16"))), 422),
    "NUL": (lambda: zipped(("a.md", b"a\0b")), 422),
    "nothing": (lambda: b"", 422),
    "no zip": (lambda: b"PK\x03\x04" + b"x" * 100, 422),
    "an end only": (lambda: b"PK\x05\x06" + b"\xff" * 18, 413),
    "cut off": (lambda: zipped(("a.md", b"x" * 1000))[:-30], 422),
    "broken inside": (
        lambda: (content := zipped(("a.md", b"xyz" * 1000)))[:40] + b"\0" * 10 + content[50:],
        422,
    ),
}


@cache
def hostile(case: str) -> tuple[bytes, int]:
    make, status = HOSTILE[case]
    return make(), status


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", HOSTILE)
async def test_a_hostile_zip_brings_nothing(ada: Any, case: str) -> None:
    content, status = hostile(case)
    good = zipped(("good.md", b"good"))
    begun = time.process_time()
    answer = await bring(ada, content)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert time.process_time() - begun < 60
    assert (await ada.get(NOTES)).json()["items"] == []
    assert (await bring(ada, good)).status_code == 200


async def test_what_is_no_zip_is_refused(ada: Any) -> None:
    assert (await ada.post(IMPORT, content=b"x")).status_code == 422


async def test_what_says_that_it_is_too_large_is_refused_before_it_is_sent(ada: Any) -> None:
    reader, writer = await asyncio.open_connection(ada.base_url.host, ada.base_url.port)
    lines = (
        f"POST {IMPORT} HTTP/1.1",
        "host: localhost",
        f"authorization: {ada.headers['authorization']}",
        "content-type: application/zip",
        f"content-length: {65 * 2**20}",
    )
    writer.write("\r\n".join((*lines, "", "")).encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n"), 60)
    assert b" 413 " in head
    writer.close()
