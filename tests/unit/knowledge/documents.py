"""Small real documents, made on the spot: nothing binary lies in the repository."""

import io
import zipfile
from collections.abc import Mapping, Sequence

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject


def pdf(
    pages: Sequence[Sequence[str]], *, title: str = "", password: str = "", outline: Mapping[int, str] | None = None
) -> bytes:
    """A PDF with the given lines on each page; a page without lines is blank. `outline`: page (from 0) -> entry."""
    writer = PdfWriter()
    font = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
    )
    for lines in pages:
        page = writer.add_blank_page(width=400, height=600)
        if lines:
            shown = "\n".join(f"({line}) Tj 0 -16 Td" for line in lines)
            stream = DecodedStreamObject()
            stream.set_data(f"BT /F1 12 Tf 20 560 Td\n{shown}\nET".encode("latin-1"))
            page[NameObject("/Contents")] = writer._add_object(stream)
            page[NameObject("/Resources")] = DictionaryObject(
                {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
            )
    for number, name in (outline or {}).items():
        writer.add_outline_item(title=name, page_number=number)
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(paragraphs: Sequence[tuple[str, str]], *, title: str = "") -> bytes:
    """A Word document; each paragraph is (style such as "Heading1" or "", words)."""
    body = "".join(
        f"<w:p><w:pPr>{_styled(style)}</w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>" for style, words in paragraphs
    )
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}{level}"><w:name w:val="heading {level}"/></w:style>'
        for name in ("Heading",)
        for level in (1, 2, 3)
    )
    return zipped(
        {
            "[Content_Types].xml": (
                '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                '<Default Extension="xml" ContentType="application/xml"/></Types>'
            ),
            "_rels/.rels": (
                '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                '<Relationship Id="r1" Target="word/document.xml" '
                'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>'
                "</Relationships>"
            ),
            "docProps/core.xml": f"<x><dc:title>{title}</dc:title></x>",
            "word/styles.xml": f"<w:styles {_W}>{styles}</w:styles>",
            "word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>",
        }
    )


def _styled(name: str) -> str:
    return f'<w:pStyle w:val="{name}"/>' if name else ""


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()
