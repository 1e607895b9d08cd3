"""Settings: environment over file over default; what is unknown is named with the nearest known."""

from pathlib import Path

import pytest

from jikimi.errors import ConfigurationError
from jikimi.reference import DOCS, settings_page
from jikimi.settings import is_secret, leaves, load_settings, variable, variables


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No jikimi.toml of the person who runs the tests counts."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def toml(folder: Path, text: str, name: str = "jikimi.toml") -> Path:
    """A settings file."""
    (folder / name).write_text(text)
    return folder / name


def test_environment_counts_before_file_before_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also within one section: each setting by itself."""
    toml(tmp_path, '[kafka]\nbootstrap_servers = "file:1"\nsecurity_protocol = "SSL"\n[worker.topics]\nposts = "p"\n')
    monkeypatch.setenv("JIKIMI_KAFKA__BOOTSTRAP_SERVERS", "environment:1")
    held = load_settings()
    assert held.kafka.bootstrap_servers == "environment:1"
    assert held.kafka.security_protocol == "SSL"
    assert held.worker.topics.posts == "p"
    assert held.worker.topics.flags == "community.flags"


def test_the_file_given_counts_before_the_variable_before_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--config, then JIKIMI_CONFIG, then jikimi.toml; only one of them is read."""
    toml(tmp_path, 'release = "here"')
    assert load_settings().release == "here"
    monkeypatch.setenv("JIKIMI_CONFIG", str(toml(tmp_path, 'release = "named"', "named.toml")))
    assert load_settings().release == "named"
    assert load_settings(toml(tmp_path, 'release = "given"', "given.toml")).release == "given"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[kafka]\nbootstrap_server = "a"', r"`kafka.bootstrap_server`; did you mean `kafka.bootstrap_servers`"),
        ('[kafak]\nbootstrap_servers = "a"', r"`kafak.bootstrap_servers`; did you mean `kafka.bootstrap_servers`"),
        ('relase = "a"', r"`relase`; did you mean `release`"),
        ('[worker.topics]\npost = "a"', r"`worker.topics.post`; did you mean `worker.topics.posts`"),
        ('[release]\nname = "a"', r"`release`"),
        ("kafka = 3", r"`kafka`"),
        ("[worker]\nbatch_size = 0", r"`worker.batch_size` \(JIKIMI_WORKER__BATCH_SIZE\), given 0: .*greater than"),
        ("[worker]\nbatch_size = \n[kafka]", r"jikimi.toml is no TOML: .*line 2"),
        ('[kafka]\nsecurity_protocol = "SASL_SSL"', r"needs sasl_username"),
    ],
)
def test_a_bad_file_is_an_error_that_says_the_mend(tmp_path: Path, text: str, said: str) -> None:
    """Wrong keys, wrong values, no TOML at all."""
    toml(tmp_path, text)
    with pytest.raises(ConfigurationError, match=said):
        load_settings()


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    """Unlike jikimi.toml, which need not exist."""
    load_settings()
    with pytest.raises(ConfigurationError, match=r"missing\.toml can't be read"):
        load_settings(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("JIKIMI_KAFKA__BOOTSTRAP_SERVER", "JIKIMI_KAFKA__BOOTSTRAP_SERVERS"),
        ("JIKIMI_BANK_REDIS_URL", "JIKIMI_BANK__REDIS_URL"),
        ("JIKIMI_CONFG", "JIKIMI_CONFIG"),
    ],
)
def test_an_unknown_variable_is_a_warning(
    name: str, nearest: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, with the nearest known name; it changes nothing and its value is not shown."""
    plain = load_settings()
    monkeypatch.setenv(name, "somewhere-secret:1")
    assert load_settings() == plain
    said = capsys.readouterr().err
    assert f"{name} is no setting" in said
    assert f"`{nearest}`" in said
    assert "somewhere-secret" not in said


def test_known_variables_and_those_of_the_tests_are_no_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is said where all is well."""
    monkeypatch.setenv("JIKIMI_TEST_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("JIKIMI_WORKER__BATCH_SIZE", "7")
    assert load_settings().worker.batch_size == 7
    assert capsys.readouterr().err == ""


def test_an_empty_variable_is_as_if_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files pass variables on that way."""
    monkeypatch.setenv("JIKIMI_WORKER__SLOT", "")
    assert load_settings().worker.slot is None


def test_secrets_are_never_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither with the settings nor in an error about them."""
    monkeypatch.setenv("JIKIMI_BANK__REDIS_URL", "redis://:hunter2@h/0")
    monkeypatch.setenv("JIKIMI_KAFKA__SASL_PASSWORD", "hunter2")
    held = load_settings()
    assert "hunter2" not in f"{held!r} {held} {held.model_dump_json()}"
    monkeypatch.setenv("JIKIMI_KAFKA__SECURITY_PROTOCOL", "SASL_SSL")
    with pytest.raises(ConfigurationError) as raised:
        load_settings()
    assert "hunter2" not in str(raised.value)
    assert "hunter2" not in capsys.readouterr().err


def test_a_secret_of_the_wrong_type_is_not_printed_either(tmp_path: Path) -> None:
    """A password written as a number is still a password."""
    toml(tmp_path, "[kafka]\nsasl_password = 123456")
    with pytest.raises(ConfigurationError, match=r"kafka\.sasl_password") as raised:
        load_settings()
    assert "123456" not in str(raised.value)


def test_every_setting_has_a_meaning_and_a_line_in_the_page() -> None:
    """docs/settings.md is what the settings say now: `python -m jikimi.reference` writes it."""
    held = dict(leaves())
    assert len(held) > 30
    assert all(field.description for field in held.values())
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page()
    assert all(f"`{name}` | `{variable(name)}`" in page for name in held)


def test_no_two_settings_share_a_variable() -> None:
    """Names with underscores and nesting could meet."""
    assert len(variables()) == len(dict(leaves())) + 1


def test_secrets_are_known_as_such() -> None:
    """Whatever is kept as a secret type, plain or optional."""
    secrets = {name for name, field in leaves() if is_secret(field)}
    assert {"bank.redis_url", "kafka.sasl_password", "kafka.key_password"} <= secrets
