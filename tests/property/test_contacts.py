"""Contact keys of any text, the hostile among them."""

import time
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.contacts import MAX_CHARACTERS, MAX_KEYS, contact_keys

BAIT = "0123456789Ool공일이삼ㅇㅣ-. ~_/@:?&=%#카톡텔레오픈챗계좌은행챗openkakaocomt.me/https://www.bit.ly\n\u200b①a"
SECONDS_OF_A_LONGEST_POST = 2.0  # 20,000 characters; measured at most 0.1 on an idle core, and this one may be busy

hostile = st.lists(
    st.tuples(st.text(alphabet=BAIT, min_size=1, max_size=8), st.integers(1, 4_000)), min_size=1, max_size=6
).map(lambda parts: "".join(part * times for part, times in parts)[:MAX_CHARACTERS])


@given(st.text())
def test_any_text_has_few_sorted_unique_keys(text: str) -> None:
    """Whatever the text, nothing is raised."""
    keys = contact_keys(text)
    assert list(keys) == sorted(set(keys))
    assert len(keys) <= MAX_KEYS
    assert all(0 < len(key) <= 512 and ":" in key for key in keys)


@settings(deadline=None)
@given(hostile)
def test_hostile_text_takes_bounded_time(text: str) -> None:
    """Repeated bait of up to 20,000 characters is read in processor time that a busy machine can spare."""
    start = time.thread_time()
    contact_keys(text)
    assert time.thread_time() - start < SECONDS_OF_A_LONGEST_POST


@given(st.text(alphabet="가나다라마바사 ,.!\n", max_size=40), st.text(alphabet="가나다라마바사 ,.!\n", max_size=40))
def test_words_around_a_contact_do_not_change_it(before: str, after: str) -> None:
    """The phone is found in the middle of any harmless words."""
    assert contact_keys(f"{before} 010-4821-7735 {after}") == ("phone:01048217735",)


@given(st.text(alphabet=BAIT, max_size=60))
def test_unicode_forms_are_alike(text: str) -> None:
    """Composed or taken apart, a text has the same keys."""
    assert contact_keys(unicodedata.normalize("NFD", text)) == contact_keys(unicodedata.normalize("NFC", text))
