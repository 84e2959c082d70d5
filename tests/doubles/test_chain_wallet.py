"""The play wallet: what it signs, as asked and otherwise, and its page."""

import re
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, Request, build_opener

import pytest
from bs4 import BeautifulSoup
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction
from solders.transaction_status import UiTransaction
from spl.token.constants import ASSOCIATED_TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID

from tests.doubles.chain import USDC, ChainDouble, Refused, pay_link
from tests.doubles.chain_questions import (
    LAMPORTS,
    balance,
    found_by,
    read,
    signatures_by,
    tokens,
)

MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"


class TestThePlayWallet:
    def test_it_pays_what_the_link_asks_for(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        (signature,) = chain.pay(pay_link(shop, "0.125", references=(reference,), memo="Order 7"))
        assert balance(chain, shop) == 125_000_000
        chain.tick()
        (found,) = found_by(chain, reference)
        assert (str(found.signature), found.memo) == (signature, "[7] Order 7")

    def test_the_memo_stands_second_to_last_and_references_only_on_the_transfer(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        second = Keypair().pubkey()
        link = pay_link(shop, "1.5", mint=USDC, references=(reference, second), memo="Order 8")
        (signature,) = chain.pay(link)
        chain.tick()
        told = read(chain, signature, "base64").transaction.transaction
        assert isinstance(told, VersionedTransaction)
        keys = told.message.account_keys
        *_, memo, payment = told.message.instructions
        assert (str(keys[memo.program_id_index]), bytes(memo.data)) == (MEMO, b"Order 8")
        assert keys[payment.program_id_index] == TOKEN_PROGRAM_ID
        assert bytes(payment.data)[0] == 12
        assert [keys[index] for index in payment.accounts][-2:] == [reference, second]
        only_read = told.message.header.num_readonly_unsigned_accounts
        assert {reference, second} <= set(keys[-only_read:])

    def test_the_account_for_a_token_is_opened_once(self, chain: ChainDouble, shop: Pubkey) -> None:
        first, second = (chain.pay(pay_link(shop, "2.25", mint=USDC))[0] for _ in range(2))
        chain.tick()
        assert tokens(chain, shop) == 4_500_000
        programs = [str(ASSOCIATED_TOKEN_PROGRAM_ID) in str(read(chain, one)) for one in (first, second)]
        assert programs == [True, False]

    def test_it_pays_short_over_twice_and_elsewhere_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        link, elsewhere = pay_link(shop, "1", references=(reference,)), Keypair().pubkey()
        chain.pay(link, amount="0.4")
        chain.pay(link, amount="3")
        chain.pay(link, times=2)
        chain.pay(link, recipient=str(elsewhere), memo="not for you")
        chain.pay(link, token="USDC")
        assert balance(chain, shop) == int(5.4 * LAMPORTS)
        assert (balance(chain, elsewhere), tokens(chain, shop)) == (LAMPORTS, 1_000_000)
        chain.tick()
        assert len(signatures_by(chain, reference)) == 6

    def test_it_leaves_out_the_reference_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        chain.pay(pay_link(shop, "1", references=(reference,)), references=False)
        chain.tick()
        assert balance(chain, shop) == LAMPORTS
        assert found_by(chain, reference) == []

    def test_it_puts_two_transfers_into_one_transaction_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        (signature,) = chain.pay(pay_link(shop, "1", references=(reference,)), transfers=2)
        chain.tick()
        assert balance(chain, shop) == 2 * LAMPORTS
        assert signatures_by(chain, reference) == [signature]

    def test_it_adds_instructions_of_its_own_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        (signature,) = chain.pay(pay_link(shop, "1", references=(reference,)), extra=True)
        chain.tick()
        told = read(chain, signature).transaction.transaction
        assert isinstance(told, UiTransaction)
        assert len(told.message.instructions) == 3

    def test_it_pays_in_another_token_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        other = chain.mint(chain.wallet(), "1000", decimals=2)
        newer = chain.mint(chain.wallet(), "1000", token_2022=True)
        link = pay_link(shop, "12", mint=USDC, references=(reference,))
        chain.pay(link, token=str(other))
        chain.pay(link, token=str(newer))
        assert tokens(chain, shop, other) == 1_200
        assert tokens(chain, shop, newer, TOKEN_2022_PROGRAM_ID) == 12_000_000

    def test_it_uses_the_transfer_that_names_no_mint_when_told(
        self, chain: ChainDouble, shop: Pubkey
    ) -> None:
        (signature,) = chain.pay(pay_link(shop, "3", mint=USDC), unchecked=True)
        chain.tick()
        assert tokens(chain, shop) == 3_000_000
        assert '"type":"transfer"' in read(chain, signature, "jsonParsed").to_json()

    def test_it_hides_the_transfer_in_a_batch_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        link = pay_link(shop, "3", mint=USDC, references=(reference,))
        (signature,) = chain.pay(link, batched=True)
        chain.tick()
        assert tokens(chain, shop) == 3_000_000
        assert signatures_by(chain, reference) == [signature]
        assert '"type":"transfer' not in read(chain, signature, "jsonParsed").to_json()

    @pytest.mark.parametrize("mint", [None, USDC])
    def test_it_pays_by_an_inner_instruction_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey, mint: Pubkey | None
    ) -> None:
        link = pay_link(shop, "3", mint=mint, references=(reference,), memo="Order 10")
        (signature,) = chain.pay(link, inner=True)
        chain.tick()
        assert (tokens(chain, shop) if mint else balance(chain, shop) // 1_000) == 3_000_000
        assert signatures_by(chain, reference) == [signature]
        found = read(chain, signature, "jsonParsed").transaction
        assert found.meta is not None and found.meta.inner_instructions
        (inner,) = found.meta.inner_instructions
        assert (inner.index, len(inner.instructions)) == (1, 1)
        assert '"type":"transfer' not in found.transaction.to_json()
        assert '"type":"transfer' in found.meta.to_json()

    def test_it_sends_what_fails_on_the_chain_when_told(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        (signature,) = chain.pay(pay_link(shop, "1", references=(reference,)), fails=True)
        chain.tick()
        (found,) = found_by(chain, reference)
        assert str(found.signature) == signature
        assert found.err is not None
        assert balance(chain, shop) == 0

    @pytest.mark.parametrize(
        "rest",
        [
            "?amount=1e3",
            "?amount=.5",
            "?amount=-1",
            "?amount=1.0000000001",
            "?amount=1&reference=abc",
            "?amount=1&spl-token=abc",
            "?amount=1&amount=2",
            "",
        ],
    )
    def test_it_refuses_links_that_break_the_rules(self, chain: ChainDouble, shop: Pubkey, rest: str) -> None:
        with pytest.raises(Refused) as refused:
            chain.pay(f"solana:{shop}{rest}")
        assert refused.value.code == 422
        assert balance(chain, shop) == 0


class Browser:
    """Follows no redirect, runs no script, keeps cookies."""

    def __init__(self, chain: ChainDouble) -> None:
        self.chain = chain

        class Stay(HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()), Stay())

    def open(self, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
        """Status, page and where it leads."""
        data = urlencode(form).encode() if form is not None else None
        request = Request(self.chain.url + path, data, headers)  # noqa: S310 - our own
        try:
            with self._opener.open(request, timeout=30) as response:
                return response.status, response.read().decode(), ""
        except HTTPError as error:
            with error:
                return error.code, error.read().decode(), error.headers.get("Location", "")

    def wallet(self, link: str, back: str = "") -> tuple[BeautifulSoup, dict[str, str]]:
        """The page, and what its form would send."""
        _, html, _ = self.open(f"/wallet?{urlencode({'uri': link, 'return': back})}")
        soup = BeautifulSoup(html, "lxml")
        fields = soup.select("form[action='/wallet'] input")
        return soup, {str(one["name"]): str(one.get("value", "")) for one in fields}


class TestTheWalletsPage:
    BACK = "http://localhost:3000/invoices/7"

    def test_it_shows_what_is_asked_and_pays_when_approved(
        self, chain: ChainDouble, shop: Pubkey, reference: Pubkey
    ) -> None:
        browser = Browser(chain)
        link = pay_link(
            shop, "4.5", mint=USDC, references=(reference,), label="Mira", message="Gold, May", memo="INV-7"
        )
        soup, form = browser.wallet(link, self.BACK)
        text = re.sub(r"\s+", " ", soup.get_text())
        for shown in ("Play wallet", "play money", "4.5 USDC", "Mira", "Gold, May", "INV-7", "5,000 USDC"):
            assert shown in text
        assert not soup.find("script")
        assert browser.open("/wallet", form | {"answer": "approve"})[::2] == (303, self.BACK)
        chain.tick()
        assert tokens(chain, shop) == 4_500_000
        assert len(signatures_by(chain, reference)) == 1
        assert "4,995.5 USDC" in re.sub(r"\s+", " ", browser.wallet(link)[0].get_text())

    def test_a_double_click_pays_once(self, chain: ChainDouble, shop: Pubkey) -> None:
        browser = Browser(chain)
        _, form = browser.wallet(pay_link(shop, "1"), self.BACK)
        for _ in range(2):
            assert browser.open("/wallet", form | {"answer": "approve"})[0] == 303
        assert balance(chain, shop) == LAMPORTS

    def test_who_declines_goes_back_and_pays_nothing(self, chain: ChainDouble, shop: Pubkey) -> None:
        browser = Browser(chain)
        _, form = browser.wallet(pay_link(shop, "1"), self.BACK)
        assert browser.open("/wallet", form | {"answer": "decline"})[::2] == (303, self.BACK)
        assert balance(chain, shop) == 0

    def test_who_has_too_little_is_told_and_gets_more(self, chain: ChainDouble, shop: Pubkey) -> None:
        browser = Browser(chain)
        _, form = browser.wallet(pay_link(shop, "6000", mint=USDC), self.BACK)
        code, html, _ = browser.open("/wallet", form | {"answer": "approve"})
        assert code == 422
        assert "not enough play money" in html
        assert "10,000" in browser.open("/wallet/faucet", form)[1]
        _, form = browser.wallet(pay_link(shop, "6000", mint=USDC), self.BACK)
        assert browser.open("/wallet", form | {"answer": "approve"})[0] == 303
        assert tokens(chain, shop) == 6_000_000_000

    def test_without_an_amount_one_is_asked_for(self, chain: ChainDouble, shop: Pubkey) -> None:
        browser = Browser(chain)
        _, form = browser.wallet(pay_link(shop), self.BACK)
        assert browser.open("/wallet", form | {"answer": "approve"})[0] == 422
        assert browser.open("/wallet", form | {"answer": "approve", "amount": "0.5"})[0] == 303
        assert balance(chain, shop) == LAMPORTS // 2

    def test_a_bad_link_is_said_so(self, chain: ChainDouble) -> None:
        _, html, _ = Browser(chain).open("/wallet?uri=solana:nobody")
        assert "is not an address" in html

    def test_it_leads_only_home(self, chain: ChainDouble, shop: Pubkey) -> None:
        browser = Browser(chain)
        for back in ("https://evil.example/", "javascript:alert(1)", "//evil.example"):
            _, form = browser.wallet(pay_link(shop, "1"), back)
            assert form["return"] == ""
            code, html, target = browser.open("/wallet", form | {"answer": "approve", "return": back})
            assert (code, target) == (200, "")
            assert "Sent." in html

    def test_another_site_cannot_press_its_buttons(self, chain: ChainDouble, shop: Pubkey) -> None:
        browser = Browser(chain)
        _, form = browser.wallet(pay_link(shop, "1"), self.BACK)
        answer = browser.open("/wallet", form | {"answer": "approve"}, Origin="https://evil.example")
        assert answer[0] == 403
        assert balance(chain, shop) == 0

    def test_pages_may_ask_the_chain_but_not_its_switches(self, chain: ChainDouble) -> None:
        browser = Browser(chain)
        assert browser.open("/_double/tick", {}, Origin="http://localhost:3000")[0] == 403
        request = Request(  # noqa: S310 - our own
            chain.url,
            method="OPTIONS",
            headers={
                "Origin": "http://localhost:3000",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type,solana-client",
            },
        )
        with build_opener().open(request, timeout=30) as response:
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert response.headers["Access-Control-Allow-Headers"] == "content-type,solana-client"
