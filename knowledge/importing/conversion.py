"""Pure: documents of formats that need a big parser -> Markdown. Run by `converter.py` in a process of its own.

Nothing here touches the database or Django: whatever a parser does to this process, it does to nothing else.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from knowledge.errors import FileUnreadable

#: Pages of a PDF that are read at most.
PDF_MAX_PAGES: Final = 5_000
#: Bytes that the parts of a DOCX may have together when unpacked.
DOCX_MAX_BYTES: Final = 200_000_000
#: A line that stands first or last on this share of the pages is a running head.
_RUNNING_HEAD_SHARE: Final = 0.6
_RUNNING_HEAD_LEAST_PAGES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What a document says. Everything but `markdown` may be ""."""

    markdown: str
    title: str = ""
    language: str = ""  #: as declared
    url: str = ""  #: the address it gives itself


# HTML -------------------------------------------------------------------------------------------------------------

_KEPT: Final = {
    *("html", "body", "main", "article", "section", "div", "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption"),
    *("a", "b", "strong", "i", "em", "code", "pre", "kbd", "samp", "blockquote", "del", "s", "img", "sup", "sub"),
    *("details", "summary", "figure", "figcaption", "span", "q", "cite", "abbr", "mark", "small", "u"),
}
_DROPPED: Final = {
    *("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "form", "button", "select"),
    *("textarea", "nav", "footer", "aside", "head", "video", "audio", "canvas", "dialog", "menu"),
}
_ATTRIBUTES: Final = {"a": {"href"}, "img": {"alt"}, "ol": {"start"}, "td": {"colspan"}, "th": {"colspan"}}
_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"<html\b[^>]{0,500}?\blang\s*=\s*[\"']?([A-Za-z][\w-]{1,19})", re.IGNORECASE)
_TITLE: Final = re.compile(r"<title\b[^>]{0,200}>([^<]{1,2000})</title", re.IGNORECASE)
_CANONICAL: Final = re.compile(r"<link\b(?=[^>]{0,500}\brel\s*=\s*[\"']?canonical\b)[^>]{0,500}>", re.IGNORECASE)
_HREF: Final = re.compile(r"\bhref\s*=\s*[\"']([^\"']{1,2000})[\"']", re.IGNORECASE)
_LANDMARK: Final = re.compile(r"<(?:main|article)\b", re.IGNORECASE)
_EMPTY_LINES: Final = re.compile(r"\n(?:[ \t]*\n){2,}")


def convert_html(data: bytes, *, url: str = "", charset: str = "") -> Converted:
    """An HTML page or fragment; `main` or `article` alone where there is one. Raises `FileUnreadable`."""
    html = decoded_html(data, charset)
    head = html[:50_000]
    title, markdown = _markdown(html, url)
    return Converted(
        markdown=markdown,
        title=title or _entities_resolved(_first(_TITLE, head)),
        language=_first(_LANGUAGE, head),
        url=_canonical(head, url),
    )


def convert_page(data: bytes, *, url: str = "", charset: str = "") -> Converted:
    """The article inside a page of a web site, without menus and cookie notes. Raises `FileUnreadable`.

    A page whose `main` or `article` says where its article is, is believed; another is left to trafilatura's judgement.
    """
    html = decoded_html(data, charset)
    head = html[:50_000]
    title, markdown = _markdown(html, url)
    if not _LANDMARK.search(html):
        markdown = _without_title(_judged(html, url), title) or markdown
    return Converted(
        markdown=markdown,
        title=title or _entities_resolved(_first(_TITLE, head)),
        language=_first(_LANGUAGE, head),
        url=_canonical(head, url),
    )


def _judged(html: str, url: str) -> str:
    import trafilatura

    found = trafilatura.extract(
        html,
        url=url or None,
        output_format="markdown",
        include_comments=False,
        include_links=True,
        include_tables=True,
        include_formatting=True,
        favor_recall=True,
    )
    return (found or "").strip()


def _without_title(markdown: str, title: str) -> str:
    first, _, rest = markdown.partition("\n")
    return rest.strip() if title and first.lstrip("# ").strip() == title else markdown


def decoded_html(data: bytes, charset: str = "") -> str:
    """By its byte order mark, the protocol's word, the page's own word, else UTF-8. Raises `FileUnreadable`."""
    from knowledge.importing.texts import decoded

    declared = charset or _first_bytes(_CHARSET, data[:4_096])
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or not declared:
        return decoded(data)
    try:
        return data.decode(declared)
    except LookupError:
        return decoded(data)
    except (UnicodeDecodeError, ValueError) as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = data.count(b"\n", 0, start) + 1
        raise FileUnreadable(f"is not {declared}, which it says it is (byte {start}, line {line})") from error


def _markdown(html: str, url: str) -> tuple[str, str]:
    """(first heading of level 1, the rest as Markdown)."""
    import nh3
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    # First the strict parser of nh3, which is linear in any input: what comes out is small in kind and well formed.
    clean = nh3.clean(
        html.replace("\0", ""),
        tags=_KEPT,
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    soup = BeautifulSoup(clean, "html.parser")
    articles = soup.find_all("article")
    root = soup.find("main") or (articles[0] if len(articles) == 1 else soup)
    for image in root.find_all("img"):
        image.replace_with(str(image.get("alt") or "").strip())
    for link in root.find_all("a"):
        address = _absolute(str(link.get("href") or ""), url)
        if address:
            link["href"] = address
        else:
            link.unwrap()
    heading = root.find("h1")
    title = " ".join(heading.get_text(" ").split()) if heading is not None else ""
    if heading is not None:
        heading.decompose()
    converter: Any = MarkdownConverter(
        heading_style="ATX", bullets="-", escape_misc=False, sup_symbol="", sub_symbol=""
    )
    return title, _tidy(converter.convert_soup(root))


def _absolute(href: str, url: str) -> str:
    """A link that leads somewhere from anywhere, or ""."""
    try:
        parts = urlsplit(href)
        if parts.scheme.lower() in ("http", "https", "mailto"):
            return href
        whole = urljoin(url, href) if url and href and not href.startswith("#") and not parts.scheme else ""
        return whole if urlsplit(whole).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _canonical(head: str, url: str) -> str:
    link = _CANONICAL.search(head)
    href = _HREF.search(link[0]) if link is not None else None
    if href is None:
        return url
    address = _absolute(_entities_resolved(href[1]).strip(), url)
    return address if address.startswith(("http://", "https://")) else url


def _entities_resolved(text: str) -> str:
    import html

    return " ".join(html.unescape(text).split())


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found is not None else ""


def _first_bytes(pattern: re.Pattern[bytes], data: bytes) -> str:
    found = pattern.search(data)
    return found[1].decode("ascii", "replace") if found is not None else ""


def _tidy(markdown: str) -> str:
    lines = (line.rstrip() for line in markdown.replace("\xa0", " ").split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


# PDF --------------------------------------------------------------------------------------------------------------

_MARKUP: Final = re.compile(r"^(\s*)(#{1,6}\s|>|```|~~~|[-=*_]{3,}\s*$)")
_DIGITS: Final = re.compile(r"\d+")
_PROGRAM_TITLES: Final = re.compile(r"^(microsoft \w+ - |untitled|.*\.(docx?|indd|tex|pages|odt)$)", re.IGNORECASE)


def convert_pdf(data: bytes, *, url: str = "", charset: str = "") -> Converted:
    """The text of a PDF, a heading `## Page N` over each page that has words. Raises `FileUnreadable`."""
    import pypdf
    from pypdf.errors import PyPdfError

    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise FileUnreadable("is protected by a password; save it without one")
        count = len(reader.pages)
    except PyPdfError as error:
        raise FileUnreadable("is damaged or no PDF; open it, save it again as PDF and import that") from error
    if count > PDF_MAX_PAGES:
        raise FileUnreadable(f"has {count} pages; at most {PDF_MAX_PAGES} are read; split it")
    pages: list[list[str]] = []
    for number in range(count):
        try:
            text = reader.pages[number].extract_text()
        except FileUnreadable:
            raise
        except Exception as error:  # the library raises whatever the page's operators lead to
            raise FileUnreadable(f"page {number + 1} cannot be read ({type(error).__name__})") from error
        pages.append([line.strip() for line in text.split("\n")])
    if not any(line for page in pages for line in page):
        raise FileUnreadable("holds no text, perhaps scanned pictures of pages; run text recognition (OCR) over it")
    outline = _outline(reader)
    running = _running_heads(pages)
    sections = []
    for number, lines in enumerate(pages, start=1):
        body = _paragraphs([line for line in lines if _shape(line) not in running])
        if body:
            name = outline.get(number)
            sections.append(f"## Page {number}{f': {name}' if name else ''}\n\n{body}")
    return Converted(markdown="\n\n".join(sections), title=_pdf_title(reader), url=url)


def _pdf_title(reader: Any) -> str:
    try:
        title = " ".join(str(reader.metadata.title or "").split()) if reader.metadata else ""
    except Exception:  # noqa: BLE001  a title is a nicety, and this library raises anything
        return ""
    return "" if _PROGRAM_TITLES.match(title) else title[:500]


def _outline(reader: Any) -> dict[int, str]:
    """The first entry of the table of contents that begins on each page."""
    names: dict[int, str] = {}

    def walk(entries: Any, depth: int) -> None:
        for entry in entries:
            if isinstance(entry, list):
                if depth < 8:
                    walk(entry, depth + 1)
                continue
            page = reader.get_destination_page_number(entry)
            title = " ".join(str(entry.title).split())[:100]
            if page is not None and page >= 0 and title:
                names.setdefault(page + 1, title)

    try:
        walk(reader.outline, 0)
    except Exception:  # noqa: BLE001  a table of contents is a nicety, and this library raises anything
        return {}
    return names


def _shape(line: str) -> str:
    """A line with its numbers made equal: "Page 3 of 40" is the same line on each page."""
    return _DIGITS.sub("0", line)


def _running_heads(pages: list[list[str]]) -> set[str]:
    written = [[line for line in page if line] for page in pages]
    written = [page for page in written if page]
    if len(written) < _RUNNING_HEAD_LEAST_PAGES:
        return set()
    edges = Counter(shape for page in written for shape in {_shape(page[0]), _shape(page[-1])})
    return {shape for shape, count in edges.items() if count >= _RUNNING_HEAD_SHARE * len(written)}


def _paragraphs(lines: list[str]) -> str:
    """Words cut at a line's end are joined; marks that Markdown would take for its own are escaped."""
    joined: list[str] = []
    for line in lines:
        if joined and re.search(r"\w{2}-$", joined[-1]) and re.match(r"[a-zà-ÿ]", line):
            word, _, rest = line.partition(" ")
            joined[-1] = joined[-1][:-1] + word
            line = rest
            if not line:
                continue
        joined.append(_MARKUP.sub(r"\1\\\2", line))
    return _EMPTY_LINES.sub("\n\n", "\n".join(joined)).strip()


# DOCX -------------------------------------------------------------------------------------------------------------

_CORE_TITLE: Final = re.compile(r"<dc:title>([^<]{1,1000})</dc:title>")


def convert_docx(data: bytes, *, url: str = "", charset: str = "") -> Converted:
    """A Word document. Raises `FileUnreadable`."""
    import mammoth

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            size = sum(entry.file_size for entry in package.infolist())
            if size > DOCX_MAX_BYTES:
                raise FileUnreadable(f"unpacks to {size} bytes; at most {DOCX_MAX_BYTES} are read")
            names = set(package.namelist())
            core = package.read("docProps/core.xml").decode("utf-8", "replace") if "docProps/core.xml" in names else ""
        if "word/document.xml" not in names:
            raise FileUnreadable("is no Word document (.docx); save it as one")
        result = mammoth.convert_to_html(
            io.BytesIO(data),
            style_map="p[style-name='Title'] => h1:fresh",
            convert_image=mammoth.images.img_element(lambda image: {"alt": getattr(image, "alt_text", "") or ""}),
        )
    except zipfile.BadZipFile as error:
        raise FileUnreadable("is damaged or no Word document (.docx)") from error
    except (RuntimeError, NotImplementedError) as error:  # how zipfile says: encrypted, or packed in an unknown way
        raise FileUnreadable("is protected by a password or packed in an unknown way; save it anew") from error
    title, markdown = _markdown(result.value, url)
    return Converted(markdown=markdown, title=title or _entities_resolved(_first(_CORE_TITLE, core)), url=url)


CONVERTERS: Final[dict[str, Callable[..., Converted]]] = {
    "html": convert_html,
    "page": convert_page,
    "pdf": convert_pdf,
    "docx": convert_docx,
}


def convert(kind: str, data: bytes, *, url: str, charset: str) -> Converted:
    """Raises `FileUnreadable` for whatever goes wrong inside a parser."""
    if not data.strip(b" \t\r\n\0"):
        raise FileUnreadable("is empty")
    try:
        return CONVERTERS[kind](data, url=url, charset=charset)
    except FileUnreadable:
        raise
    except RecursionError as error:
        raise FileUnreadable("is nested too deeply to be read") from error
    except MemoryError as error:
        raise FileUnreadable("needs more memory than one file may take") from error
    except Exception as error:  # parsers of foreign formats raise anything; the file is at fault, not the import
        raise FileUnreadable(f"is damaged ({type(error).__name__})") from error
