"""Which contacts a text holds, and which numbers and names are none."""

import pytest

from embeddings.contacts import MAX_KEYS, contact_keys

SAME_PHONE = [
    "전화 010-1234-5678",
    "010 1234 5678이요",
    "01012345678로 문자주세요",
    "010.1234.5678",
    "(010)1234~5678",
    "0 1 0 1 2 3 4 5 6 7 8",
    "0-1-0-1-2-3-4-5-6-7-8",
    "공일공 일이삼사 오육칠팔",
    "영일영-일이삼사-오육칠팔",
    "공1공 l234 5678",
    "O1O-I234-5678",
    "o1o.1234.5678",
    "ㅇ1ㅇ 1234 5678",
    "０１０－１２３４－５６７８",
    "①⓪ 아니고 ⓪①⓪-①②③④-⑤⑥⑦⑧",
    "0\u200b10-12\u200b34-56\u00ad78",
    "0️⃣1️⃣0️⃣ 1234 5678",
    "📞010📞1234📞5678",
    "+82 10-1234-5678",
    "+82)10.1234.5678",
    "0082-10-1234-5678",
    "82 010 1234 5678",
    "〇一〇 一二三四 五六七八",
    "010-1234-567팔",
]


@pytest.mark.parametrize("text", SAME_PHONE)
def test_a_mobile_number_is_one_key_however_it_is_written(text: str) -> None:
    """Separators, Korean and look-alike digits, other widths, invisible characters and the country code change nothing."""
    assert contact_keys(text) == ("phone:01012345678",)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("02-123-4567 예약", "phone:021234567"),
        ("031)123-4567이에요", "phone:0311234567"),
        ("대표 070-4123-9876", "phone:07041239876"),
        ("안심번호 0504-1234-5678", "phone:050412345678"),
        ("수신거부 080-123-4567", "phone:0801234567"),
        ("옛 번호 011-234-5678", "phone:0112345678"),
        ("국민은행 123456-78-901234 홍길동", "account:12345678901234"),
        ("농협 302-1234-5678-91", "account:3021234567891"),
        ("110-123-456789 로 보내주세요", "account:110123456789"),
        ("계좌 3333011234567 입니다", "account:3333011234567"),
        ("하나 1234567890123", "account:1234567890123"),
        ("카톡 abc12", "kakao:abc12"),
        ("카.톡: abc12", "kakao:abc12"),
        ("ㅋㅏ톡 아이디 goodjob", "kakao:goodjob"),
        ("ㅋr톡 alba77 주세요", "kakao:alba77"),
        ("카카오톡ID : Alba_77", "kakao:alba_77"),
        ("텔레그램 @moneyking", "telegram:moneyking"),
        ("텔ㄹㅔ: abc_77", "telegram:abc_77"),
        ("https://t.me/MoneyKing", "telegram:moneyking"),
        ("https://t.me/+AbCdEf123", "telegram:abcdef123"),
        ("open.kakao.com/o/sBlm7hr", "openchat:sblm7hr"),
        ("https://open.kakao.com/o/sBlm7hr?x=1", "openchat:sblm7hr"),
        ("open . kakao . com / o / sBlm7hr", "openchat:sblm7hr"),
        ("오.픈.챗 sBlm7hr 검색해주세요", "openchat:sblm7hr"),
        ("https://www.Example.com/Shop/?utm_source=a&b=1#top", "link:example.com/Shop?b=1"),
        ("safe-pay.example 접속하세요", "link:safe-pay.example"),
        ("https://m.smartstore.naver.com/myshop?n_media=11", "link:smartstore.naver.com/myshop"),
        ("bit.ly/abC12 클릭", "link:bit.ly/abC12"),
        ("http://가게.example 말고 http://shop.museum/a", "link:shop.museum/a"),
    ],
)
def test_contacts_have_a_normal_form(text: str, key: str) -> None:
    """Phones of the house, accounts, messengers and links."""
    assert contact_keys(text) == (key,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "안녕하세요 좋은 아침입니다",
        "101동 1203호 5만원 12,345,678원",
        "2024.10.10 16:30~18:30 에 만나요",
        "2024-01-01 01:01:01 부터 2024-12-31 까지",
        "3:2 로 이김, 키 170 몸무게 60 나이 25",
        "112나 119에 신고하세요, 상담은 1332",
        "고객센터 1588-1234, 1577-0000, 02-1588-1234",
        "사업자등록번호 123-45-67890",
        "시급 12,000원 10시~18시 주 5일 월 2,600,000,000",
        "예산 1,010,123,456원 입금 2600000000원",
        "1985 1989 1990 년도에 무슨 일이 있었나요 계좌",
        "오이 사이 구이 공일 이사 오일 육이오 삼일절 칠이 팔",
        "카톡 주세요 ok",
        "카톡은 iphone에서 안 돼요",
        "카톡 010",
        "텔레그램 channel 있나요",
        "오픈채팅 group 있나요",
        "naver.com 검색, www.youtube.com 보세요",
        "메일은 foo.bar@naver.com 입니다",
        "ver.2 no.1 e.g. Mr.Kim 3.14 1.5L",
        "그래요...네.네",
    ],
)
def test_other_numbers_and_names_are_no_contacts(text: str) -> None:
    """Prices, dates, flat numbers, scores, public and business numbers, big sites, mail addresses, plain words."""
    assert contact_keys(text) == ()


def test_several_contacts_are_sorted_and_unique() -> None:
    """Each once, in one order."""
    text = "카톡 abc12 / 010-1234-5678 / 공일공 1234 5678 / 카톡 abc12 / 02-777-8888"
    assert contact_keys(text) == ("kakao:abc12", "phone:01012345678", "phone:027778888")


def test_decoys_of_one_kind_do_not_push_out_another() -> None:
    """Of a text full of links the phone is still found, and the keys stay few."""
    decoys = " ".join(f"https://decoy{number}.example/a" for number in range(200))
    keys = contact_keys(f"{decoys} 010-1234-5678 카톡 abc12")
    assert {"phone:01012345678", "kakao:abc12"} < set(keys)
    assert len(keys) <= MAX_KEYS
