"""The roster from a file: each row's fate by its line, nothing twice, nothing by a dry run."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from charhar.contacts.csv_files import Unreadable
from charhar.contacts.models import Consent, OutgoingMail, Person
from charhar.members.models import Membership, Payment, Term
from charhar.members.roster import bring_in

pytestmark = pytest.mark.django_db
HEAD = "number,name,email,plan,country,joined,starts,ends,paid,paid on,reference,consent,consent on"
ROWS = [
    "CH-2019-0007,王安,ann@example.org,个人会员,中国,2019-03-05,2026-03-05,,\"1,200\",2026-03-01,T-1,Paper form,2019-03-01",
    ",Bo,bo+club@bücher.example,Student,France,,,,,,,Paper form,",
    "CH-2019-0008,Cy,cy,Student,,,,,,,,Paper form,",
    "CH-2019-0009,Di,di@example.org,Nobody's,,,,,,,,Paper form,",
    ",Ed,ed@example.org,Student,,,2026-13-01,,,,,Paper form,",
    ",Fay,fay@example.org,Student,,,,,,,,,",
    ",Ann,ANN@example.org,Student,,,,,,,,Paper form,",
    "CH-2019-0007,Gil,gil@example.org,Student,,,,,,,,Paper form,",
    ",'=cmd(),gus@example.org,Student,,,,,,,,Paper form,",
]  # fmt: skip
FATES = ["new", "new", "refused", "refused", "refused", "refused", "refused", "refused", "new"]


def a_file(*rows, head=HEAD):
    return "\r\n".join([head, *rows]).encode()


def everything():
    return [
        list(model.objects.order_by("pk").values()) for model in (Person, Membership, Term, Payment, Consent)
    ]


@pytest.fixture
def plans(plan, student):
    return plan, student


def test_each_rows_fate_is_told_and_the_same_file_twice_changes_nothing(plans):
    fates = bring_in(a_file(*ROWS), dry_run=False)
    assert [(fate.line, fate.fate) for fate in fates] == list(enumerate(FATES, start=2))
    assert "no e-mail address" in fates[2].words
    assert "Nobody's" in fates[3].words
    assert "2026-13-01" in fates[4].words
    assert "consent" in fates[5].words
    assert "line 2" in fates[6].words
    assert "somebody else" in fates[7].words
    ann = Membership.objects.get(number="CH-2019-0007")
    assert (ann.person.name, ann.country, str(ann.joined_on), str(ann.runs_until)) == (
        "王安", "中国", "2019-03-05", "2027-03-04",
    )  # fmt: skip
    assert Payment.objects.get().amount == 1200
    consent = ann.person.consents.get()
    assert (consent.source, f"{consent.given_at:%Y-%m-%d}") == ("Paper form", "2019-03-01")
    assert Person.objects.get(name="=cmd()").email == "gus@example.org"
    assert Person.objects.get(name="Bo").email == "bo+club@xn--bcher-kva.example"
    assert OutgoingMail.objects.count() == 0
    before = everything()
    again = bring_in(a_file(*ROWS), dry_run=False)
    assert [fate.fate for fate in again] == [fate.replace("new", "unchanged") for fate in FATES]
    assert everything() == before


def test_a_dry_run_tells_the_same_and_writes_nothing(plans):
    dry = bring_in(a_file(*ROWS), dry_run=True)
    assert [model for model in everything() if model] == []
    real = bring_in(a_file(*ROWS), dry_run=False)
    assert [(f.line, f.fate) for f in dry] == [(f.line, f.fate) for f in real]


def test_what_has_changed_is_changed_and_named(plans):
    bring_in(a_file(ROWS[0]), dry_run=False)
    changed = ROWS[0].replace("王安", "王安然").replace("中国", "法国")
    [fate] = bring_in(a_file(changed), dry_run=False)
    assert (fate.fate, fate.words) == ("changed", "name, country")
    assert Person.objects.get().timeline.filter(kind="imported").count() == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(plans, encoding, delimiter):
    rows = [["姓名", "邮箱", "会员类别", "同意来源"], ["王安", "ann@example.org", "个人会员", "纸质表格"]]
    content = "\n".join(delimiter.join(row) for row in rows).encode(encoding)
    assert [fate.fate for fate in bring_in(content, dry_run=False)] == ["new"]
    assert Person.objects.get().name == "王安"


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xff\x00", b"name,plan\nx,y", b"email,shoe size\na@example.org,9", b"email,email\na,b",
     b"email,name\n\"a", b"x" * (11 * 1024 * 1024), "email，name\na，b".encode()],
)  # fmt: skip
def test_a_file_that_makes_no_sense_is_refused_as_a_whole(plans, content):
    with pytest.raises(Unreadable):
        bring_in(content, dry_run=False)
    assert Person.objects.count() == 0


def test_the_line_is_the_files_own_also_after_cells_of_several_lines(plans):
    content = b'email,name,plan,consent\na@example.org,"A\nB",Student,x\n\nb@example.org,B,Student,x\n'
    fates = bring_in(content, dry_run=False)
    assert [(fate.line, fate.fate) for fate in fates] == [(2, "refused"), (5, "new")]


def test_a_name_of_ten_thousand_characters_is_refused_in_its_line(plans):
    [fate] = bring_in(a_file(f",{'x' * 10_000},a@example.org,Student,,,,,,,,p,"), dry_run=False)
    assert (fate.fate, Person.objects.count()) == ("refused", 0)


def test_the_command_says_lines_and_no_names(plans, tmp_path, capsys):
    path = tmp_path / "roster.csv"
    path.write_bytes(a_file(*ROWS))
    call_command("import_members", path, dry_run=True)
    said = capsys.readouterr().out
    assert "Line 2: new" in said
    assert "3 new, 0 changed, 0 unchanged, 6 refused. Nothing was written." in said
    assert Person.objects.count() == 0
    with pytest.raises(CommandError):
        call_command("import_members", tmp_path / "none.csv")


def test_the_page_tries_first_and_tells_each_fate(client, staff, plans):
    client.force_login(staff)
    page = "/admin/members/membership/import/"
    upload = lambda: SimpleUploadedFile("roster.csv", a_file(*ROWS))  # noqa: E731
    text = client.post(page, {"file": upload(), "dry_run": "on"}).content.decode()
    assert "nothing was written" in text
    assert Person.objects.count() == 0
    text = client.post(page, {"file": upload()}).content.decode()
    assert "Nobody&#x27;s" in text
    assert Membership.objects.count() == 3
    response = client.post(page, {"file": SimpleUploadedFile("x.csv", b"nonsense")})
    assert list(response.context["form"].errors) == ["file"]
