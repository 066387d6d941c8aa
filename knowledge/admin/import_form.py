"""What a person says about an import: where from, and what becomes of the articles."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from knowledge import models
from knowledge.importing.files import ENDINGS
from knowledge.importing.sources import addresses_of

#: Bytes of all files of one import through the page; more go through the command.
UPLOAD_MAX_BYTES: Final = 100_000_000
UPLOAD_MAX_FILES: Final = 200


class _ManyFilesInput(forms.FileInput):
    allow_multiple_selected = True


class _ManyFilesField(forms.FileField):
    widget = _ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if len(files) > UPLOAD_MAX_FILES:
            raise forms.ValidationError(_("At most %d files at once; put more into a ZIP archive.") % UPLOAD_MAX_FILES)
        if sum(file.size for file in files) > UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                _("More than %d MB; import them with manage.py import_articles.") % (UPLOAD_MAX_BYTES // 1_000_000)
            )
        return list(files)


class ImportForm(forms.Form):
    """The page *Import articles*."""

    kind = forms.ChoiceField(
        label=_("From"), choices=models.ImportRun.Kind.choices, initial="files", widget=forms.RadioSelect
    )
    files = _ManyFilesField(  # type: ignore[assignment]  # the form's own attribute is called so before it is made
        label=_("Files"),
        required=False,
        help_text=_("JSON lines, CSV, Markdown, HTML, PDF, DOCX, or a ZIP archive of them. Up to 100 MB together."),
        widget=_ManyFilesInput(attrs={"accept": ",".join(ENDINGS)}),
    )
    base_url = forms.CharField(
        label=_("Address of the files"),
        required=False,
        max_length=1500,
        help_text=_("Where customers find them, for the link of an answer; the name of the file is appended."),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://example.com/manuals"}),
    )
    site = forms.CharField(
        label=_("Sitemap"),
        required=False,
        max_length=2000,
        help_text=_("Address of the site's sitemap.xml; pages that its robots.txt forbids are left out."),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://help.example.com/sitemap.xml"}),
    )
    workspace = forms.ChoiceField(label=_("Workspace"), required=False, widget=UnfoldAdminSelectWidget)
    keep_fresh = forms.BooleanField(
        label=_("Keep up to date"),
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget,
        help_text=_("Looks again every few hours. What is removed there is archived here, never deleted."),
    )
    collection = forms.CharField(
        label=_("Collection"),
        required=False,
        max_length=200,
        help_text=_("Made if it is new. Empty: what the items say, else “articles”."),
        widget=UnfoldAdminTextInputWidget(attrs={"list": "collections"}),
    )
    status = forms.ChoiceField(
        label=_("Store as"),
        choices=[("published", _("published: answers use it at once")), ("draft", _("draft: somebody publishes it"))],
        widget=UnfoldAdminSelectWidget,
    )
    visibility = forms.ChoiceField(
        label=_("Visibility"),
        required=False,
        choices=[("", _("public, unless the title starts with “Internal:”")), *models.Visibility.choices],
        widget=UnfoldAdminSelectWidget,
    )
    tiers = forms.CharField(
        label=_("Customer tiers"),
        required=False,
        help_text=_("Separated by commas; empty = everybody."),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "gold, silver"}),
    )
    language = forms.CharField(
        label=_("Language"),
        required=False,
        max_length=20,
        help_text=_("A code such as en or zh-hans; empty = found out for each article."),
        widget=UnfoldAdminTextInputWidget(),
    )
    overwrite = forms.BooleanField(
        label=_("Replace what was changed here by hand"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=_("Otherwise an article that was changed on both sides is left alone and listed as a conflict."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspaces = addresses_of(models.ImportRun.Kind.INTERCOM)
        self.collections = list(models.Collection.objects.values_list("name", flat=True)[:200])
        field = self.fields["workspace"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = self.workspaces

    def clean_tiers(self) -> list[str]:
        tiers = [tier.strip() for tier in str(self.cleaned_data["tiers"]).split(",") if tier.strip()]
        if any(len(tier) > 100 for tier in tiers):
            raise forms.ValidationError(_("A tier has at most 100 characters."))
        return list(dict.fromkeys(tiers))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind = cleaned.get("kind")
        if kind == "files" and not cleaned.get("files") and "files" not in self.errors:
            self.add_error("files", _("Choose at least one file."))
        if kind == "site" and not _is_web_address(str(cleaned.get("site") or "")):
            self.add_error("site", _("A link must start with https:// or http://."))
        if kind == "intercom" and not cleaned.get("workspace") and "workspace" not in self.errors:
            self.add_error("workspace", _("No Intercom workspace is connected; set INTERCOM_TOKEN or add one."))
        base_url = str(cleaned.get("base_url") or "")
        if base_url and not _is_web_address(base_url):
            self.add_error("base_url", _("A link must start with https:// or http://."))
        return dict(cleaned)

    def run(self) -> models.ImportRun:
        """The run that was asked for, not saved."""
        said = self.cleaned_data
        kind = said["kind"]
        names = ", ".join(str(file.name) for file in said["files"])
        address = {"files": names, "site": said["site"].strip(), "intercom": said["workspace"]}[kind]
        return models.ImportRun(
            kind=kind,
            address=address[:2000],
            keep_fresh=said["keep_fresh"] and kind != "files",
            **{
                name: said[name]
                for name in ("collection", "status", "visibility", "tiers", "language", "base_url", "overwrite")
            },
        )


def _is_web_address(text: str) -> bool:
    return text.strip().lower().startswith(("https://", "http://"))
