import pytest

from knowledge.page_links import link_to_page

PDF = "https://example.com/manuals/kettle.pdf"


@pytest.mark.parametrize(
    ("url", "heading_path", "text", "link"),
    [
        (PDF, "Page 12", "Descale it.", f"{PDF}#page=12"),
        (PDF, "Page 12: Descaling", "Descale it.", f"{PDF}#page=12"),
        (PDF, "", "## Page 3\n\nFill it.\n\n## Page 4\n\nBoil it.", f"{PDF}#page=3"),
        (f"{PDF}?v=2", "Page 1", "", f"{PDF}?v=2#page=1"),
        (PDF, "Pages and paper", "words", PDF),
        (f"{PDF}#page=7", "Page 12", "", f"{PDF}#page=7"),
        ("https://example.com/kettle", "Page 12", "## Page 12", "https://example.com/kettle"),
        ("", "Page 12", "", ""),
    ],
)
def test_a_passage_of_a_pdf_links_to_its_page(url: str, heading_path: str, text: str, link: str) -> None:
    assert link_to_page(url, heading_path=heading_path, text=text) == link
