"""Words alone find the right article in languages that write without blanks, bend their words, or both."""

from collections.abc import Iterator

import pytest

from knowledge.errors import EmbeddingUnavailable
from knowledge.retrieval import Audience, search
from tests.integration.knowledge.shelves import publish

pytestmark = pytest.mark.django_db

#: By language: articles as title and body, and questions with the number of the article that answers each.
LANGUAGES: dict[str, tuple[list[tuple[str, str]], list[tuple[str, int]]]] = {
    "ja": (
        [
            ("返金について", "商品到着後30日以内であれば、未使用の商品を返金いたします。返金には5営業日かかります。"),
            ("配送状況の確認", "注文履歴のページで荷物の追跡番号を確認できます。"),
            ("パスワードの再設定", "ログイン画面の「パスワードをお忘れの方」から再設定のメールを送信します。"),
            ("支払い方法の変更", "アカウント設定でクレジットカードの情報を変更できます。"),
            ("領収書の発行", "購入後、マイページから領収書をPDFで発行できます。"),
            ("定期購入の解約", "次回発送日の3日前までに、定期購入の画面で解約してください。"),
        ],
        [
            ("返金はいつ届きますか", 0),
            ("お金を返金してほしい", 0),
            ("荷物の追跡番号はどこで見られますか", 1),
            ("注文した商品の配送状況を知りたい", 1),
            ("パスワードを忘れました", 2),
            ("クレジットカードを変更したいです", 3),
            ("領収書がほしいのですが", 4),
            ("定期購入をやめたい。解約方法は？", 5),
            ("ﾊﾟｽﾜｰﾄﾞを再設定したい", 2),
        ],
    ),
    "ko": (
        [
            (
                "환불 안내",
                "상품을 받은 후 30일 이내에 사용하지 않은 상품은 환불됩니다. 환불에는 영업일 기준 5일이 걸립니다.",
            ),
            ("배송 조회", "주문 내역 페이지에서 운송장 번호를 확인할 수 있습니다."),
            ("비밀번호 재설정", "로그인 화면에서 비밀번호 찾기를 누르면 재설정 메일을 보내 드립니다."),
            ("결제 수단 변경", "계정 설정에서 신용카드 정보를 변경할 수 있습니다."),
            ("영수증 발급", "구매 후 마이페이지에서 영수증을 PDF로 발급받을 수 있습니다."),
            ("정기 구독 해지", "다음 발송일 3일 전까지 정기 구독 화면에서 해지해 주세요."),
        ],
        [
            ("환불은 언제 되나요", 0),
            ("환불받고 싶어요", 0),
            ("운송장번호를 어디서 확인하나요", 1),
            ("배송이 어디까지 왔는지 조회하고 싶어요", 1),
            ("비밀번호를 잊어버렸어요", 2),
            ("신용카드를 바꾸고 싶어요", 3),
            ("영수증이 필요합니다", 4),
            ("구독을 해지하려면 어떻게 하나요", 5),
        ],
    ),
    "zh-hans": (
        [
            ("退款政策", "收到商品后三十天内，未使用的商品可以申请退款，五个工作日到账。"),
            ("物流查询", "在订单页面可以查看快递单号和物流进度。"),
            ("重置密码", "在登录页面点击忘记密码，系统会发送重置邮件。"),
            ("更换支付方式", "在账户设置中可以修改银行卡信息。"),
            ("开具发票", "购买后可在个人中心下载电子发票。"),
            ("取消订阅", "请在下次发货前三天取消定期订阅。"),
        ],
        [
            ("怎么申请退款？钱多久到账", 0),
            ("快递到哪里了，物流信息在哪看", 1),
            ("我忘记密码了", 2),
            ("想换一张银行卡支付", 3),
            ("能开电子发票吗", 4),
            ("怎样取消订阅", 5),
        ],
    ),
    "de": (
        [
            ("Rückerstattungen", "Unbenutzte Artikel werden innerhalb von 30 Tagen erstattet."),
            ("Lieferungen verfolgen", "Die Sendungsnummer steht in der Bestellübersicht."),
            ("Passwörter zurücksetzen", "Auf der Anmeldeseite wird ein Link verschickt."),
        ],
        [("Wird mein Artikel erstattet?", 0), ("Wo finde ich die Sendungsnummern?", 1), ("Passwort zurückgesetzt", 2)],
    ),
    "fr": (
        [
            ("Remboursements", "Les articles non utilisés sont remboursés sous trente jours."),
            ("Suivre une livraison", "Le numéro de suivi se trouve dans vos commandes."),
            ("Mots de passe oubliés", "Un lien est envoyé depuis la page de connexion."),
        ],
        [("Comment être remboursée ?", 0), ("suivi de ma commande", 1), ("mot de passe oublié", 2)],
    ),
}


@pytest.fixture(autouse=True)
def _words_alone(monkeypatch) -> Iterator[None]:
    def unavailable(name: str) -> None:
        raise EmbeddingUnavailable("this test is about words")

    monkeypatch.setattr("knowledge.question_vectors.embedder_named", unavailable)
    yield


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_alone_find_the_right_article_first(language: str) -> None:
    articles, questions = LANGUAGES[language]
    for title, body in articles:
        publish(title, body, language=language)
    missed = []
    for question, number in questions:
        found = search(question, audience=Audience(), language=language).passages
        if not found or found[0].article_title != articles[number][0]:
            missed.append(question)
    assert missed == []
