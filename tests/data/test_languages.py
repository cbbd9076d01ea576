"""What the program says: the French table is whole, and numbers carry the language's signs."""

import ast
import string

import pytest

from data.languages import TABLES, date_text, figure, meant, number_text, preferred, rate_text, say, say_count, speaking
from data.languages.update import FOLDERS, ROOT, SAYING, compiled, table, texts
from data.library import shipped_profiles
from data.periods import hours_title
from data.tables import language_of
from tests.data.cells import tables

TABLE = table(TABLES / "fr.po")
TRANSLATED = [message for message in TABLE if message.id]


def _placeholders(text: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name is not None}


def _forms(text: object) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)  # type: ignore[arg-type]


def test_every_text_the_program_may_say_stands_in_the_table_and_no_other():
    stands = {message.id if isinstance(message.id, str) else tuple(message.id) for message in TRANSLATED}
    said = texts()
    assert (sorted(map(str, said - stands)), sorted(map(str, stands - said))) == ([], []), "run make words, and translate what is new"


def test_no_text_is_put_together_before_it_is_said():
    """A sum or an f-string is no text of the table: it would stay English."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    calls = [(path, node) for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    said = [(path, call) for path, call in calls if isinstance(call.func, ast.Name) and call.func.id in SAYING]
    made = [(path, call) for path, call in said if any(isinstance(text, (ast.JoinedStr, ast.BinOp)) for text in call.args[: SAYING[call.func.id]])]
    assert [f"{path.relative_to(ROOT)}:{call.lineno}" for path, call in made] == []
    assert len(said) > 1000


def test_every_text_has_its_french():
    assert [message.id for message in TRANSLATED if not all(_forms(message.string or "")) or message.fuzzy] == []


def test_a_translation_fills_the_placeholders_of_its_text():
    for message in TRANSLATED:
        wanted = set().union(*(_placeholders(text) for text in _forms(message.id)))
        for form in _forms(message.string):
            found = _placeholders(form)
            # a singular may leave its number out
            assert found == wanted if isinstance(message.id, str) else found <= wanted | {("count", "")}, message.id


def test_the_compiled_table_is_that_of_the_words():
    assert (TABLES / "fr.mo").read_bytes() == compiled(TABLE)


def test_numbers_in_french_sentences_have_narrow_spaces_and_decimal_commas():
    with speaking("fr"):
        assert say("from {low:,.15g} to {high:,.15g}", low=0.5, high=12000) == "de 0,5 à 12\u202f000"
        assert figure(1234567.891, ",.2f") == "1\u202f234\u202f567,89"
        assert number_text("1 500,5") == "1500.5" == number_text("1\u202f500,5")
    assert say("from {low:,.15g} to {high:,.15g}", low=0.5, high=12000) == "from 0.5 to 12,000"
    assert number_text("1,5") == "1,5"


def test_rates_and_days_are_read_as_french_writes_them():
    with speaking("fr"):
        assert rate_text("EUR=1,08; GBP=1,27") == "EUR=1.08; GBP=1.27" == rate_text("EUR=1.08; GBP=1.27")
        assert rate_text("EUR=1,08,GBP=2") == "EUR=1.08,GBP=2"
        assert date_text("31/3/2027") == "2027-03-31" == date_text("31.03.2027") == date_text("2027-03-31")
    assert (rate_text("EUR=1,08"), date_text("31/3/2027")) == ("EUR=1,08", "31/3/2027"), "in English the month may come first"


def test_a_block_gives_back_the_language_of_before():
    with speaking("fr"):
        with speaking("en"):
            assert say("yes") == "yes"
        assert say("yes") == "oui"
    assert say("yes") == "yes"
    with pytest.raises(ValueError, match="no language 'de'; there are en, fr"), speaking("de"):
        pass


def test_one_and_many_follow_the_languages_own_rule():
    """English counts 0 among the many, French 0 and 1 among the one."""
    one, many = "{count} workload", "{count} workloads"
    assert [say_count(one, many, n) for n in (0, 1, 2)] == ["0 workloads", "1 workload", "2 workloads"]
    with speaking("fr"):
        assert [say_count(one, many, n) for n in (0, 1, 2)] == ["0 usage", "1 usage", "2 usages"]


def test_a_fixed_word_is_known_in_either_language_whatever_is_spoken():
    assert meant(" OUI ", ("yes", "no")) == "yes" == meant("Yes", ("yes", "no"))
    assert meant("ja", ("yes", "no")) is None


LOCALES = {"": "en", "fr": "fr", "fr_FR.UTF-8": "fr", "EN-gb": "en", "C.UTF-8": "en", "POSIX": "en", "fr@euro": "fr", "fr:en": "fr"}


@pytest.mark.parametrize(("asked", "language"), LOCALES.items())
def test_the_variable_names_a_language_as_locales_do(monkeypatch, asked, language):
    monkeypatch.setenv("INFERPLAN_LANGUAGE", asked)
    assert preferred() == language


def test_an_unknown_language_of_the_variable_is_told(monkeypatch):
    monkeypatch.setenv("INFERPLAN_LANGUAGE", "de")
    with pytest.raises(ValueError, match=r"^INFERPLAN_LANGUAGE: there is no language 'de'; enter en or fr$"):
        preferred()


def test_the_blocks_of_the_shipped_profiles_have_french_names():
    with speaking("fr"):
        same = {block.block for block in shipped_profiles() if hours_title(block.block) == block.block}
    assert same == {"active"}, "the same word in French"
    with speaking("fr"):
        assert hours_title("18% of the peak, with lot") == "18\u202f% de la pointe, avec lot"


@pytest.mark.parametrize(("asked", "language"), [("FR ", "fr"), ("français", "fr"), ("English", "en"), ("de", "")])
def test_a_workbook_speaks_the_language_that_its_settings_mean(asked, language):
    assert language_of(tables(Settings=[["setting", "value"], ["Langue", asked]])) == language
