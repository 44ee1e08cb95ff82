//! What Nordic banks and ERPs call their columns, in five languages.

/// What a column can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    Booked,
    Valued,
    Amount,
    Debit,
    Credit,
    Currency,
    Text,
    Reference,
    Counterparty,
    CounterpartyAccount,
    Balance,
    Id,
    Account,
    Voucher,
}

/// Names per role in lower case, the telling ones first: where a file has two, the earlier name wins.
const NAMES: &[(Role, &[&str])] = &[
    (
        Role::Booked,
        &[
            "bokföringsdag",
            "bokföringsdatum",
            "bokförd",
            "bokfört",
            "bogføringsdato",
            "bogført",
            "bogført dato",
            "bokført",
            "bokført dato",
            "bokføringsdato",
            "bokføringsdag",
            "kirjauspäivä",
            "kirjauspvm",
            "booking date",
            "booked",
            "posting date",
            "posteringsdato",
            "transaktionsdag",
            "transaktionsdatum",
            "transaction date",
            "maksupäivä",
            "tapahtumapäivä",
            "verifikationsdatum",
            "bilagsdato",
            "datum",
            "dato",
            "date",
            "päivämäärä",
            "pvm",
            "päivä",
        ],
    ),
    (
        Role::Valued,
        &["valutadag", "valutadatum", "valørdato", "valør", "rentedato", "arvopäivä", "value date", "valued"],
    ),
    (
        Role::Amount,
        &[
            "belopp",
            "beløp",
            "beløb",
            "määrä",
            "summa",
            "amount",
            "transaktionsbelopp",
            "insättning/uttag",
            "määrä euroa",
            "ut/inn",
        ],
    ),
    (
        Role::Debit,
        &[
            "debet",
            "debit",
            "uttag",
            "uttak",
            "ut",
            "ut av konto",
            "ut fra konto",
            "hævet",
            "withdrawal",
            "money out",
            "debetbelopp",
        ],
    ),
    (
        Role::Credit,
        &[
            "kredit",
            "credit",
            "insättning",
            "innskudd",
            "inn",
            "inn på konto",
            "indsat",
            "deposit",
            "money in",
            "kreditbelopp",
        ],
    ),
    (Role::Currency, &["valuta", "currency", "valuutta"]),
    (
        Role::Text,
        &[
            "rubrik",
            "text",
            "tekst",
            "beskrivning",
            "beskrivelse",
            "description",
            "forklaring",
            "selitys",
            "transaktionstext",
            "verifikationstext",
            "transaktion",
            "posteringstekst",
            "meddelande",
            "melding",
            "meddelelse",
            "viesti",
            "message",
            "memo",
        ],
    ),
    (
        Role::Reference,
        &[
            "referens",
            "referanse",
            "reference",
            "ocr",
            "ocr-nummer",
            "kid",
            "kid-nummer",
            "viite",
            "viitenumero",
            "fik",
        ],
    ),
    (
        Role::Counterparty,
        &[
            "motpart",
            "namn",
            "navn",
            "nimi",
            "name",
            "counterparty",
            "saaja/maksaja",
            "avsändare",
            "avsender",
            "afsender",
            "mottagare",
            "mottaker",
            "modtager",
            "saaja",
            "payee",
        ],
    ),
    (
        Role::CounterpartyAccount,
        &[
            "motkonto",
            "mottagarkonto",
            "motpartens konto",
            "til konto",
            "counterparty account",
            "saajan tilinumero",
            "tilinumero",
        ],
    ),
    (Role::Balance, &["saldo", "bokfört saldo", "bogført saldo", "bokført saldo", "balance"]),
    (
        Role::Id,
        &[
            "id",
            "transaktionsid",
            "transaction id",
            "arkistointitunnus",
            "arkivreferanse",
            "arkivref",
            "løpenummer",
        ],
    ),
    (Role::Account, &["konto", "kontonr", "kontonummer", "account", "ledger account", "tili"]),
    (
        Role::Voucher,
        &[
            "verifikation",
            "verifikationsnr",
            "verifikationsnummer",
            "ver",
            "vernr",
            "ver.nr",
            "bilag",
            "bilagsnr",
            "voucher",
            "tosite",
        ],
    ),
];

/// A header cell reduced to what is compared: lower case, no currency in brackets or behind the name.
fn normalized(cell: &str) -> String {
    let cell = cell.trim().trim_matches(['\u{feff}', '*', ':', '"']).to_lowercase();
    let cell = match cell.split_once(['(', '[']) {
        Some((name, _)) => name.trim().to_owned(),
        None => cell,
    };
    let bare = [" sek", " eur", " nok", " dkk", " usd"].iter().find_map(|code| cell.strip_suffix(code));
    bare.map_or(cell.clone(), |bare| bare.trim().to_owned())
}

/// The role a header cell has and how telling its name is (0 is best).
pub(super) fn role_of(cell: &str) -> Option<(Role, usize)> {
    let name = normalized(cell);
    NAMES
        .iter()
        .find_map(|(role, names)| names.iter().position(|known| *known == name).map(|rank| (*role, rank)))
}

/// The currency a header cell names, as in `Belopp (SEK)` or `Amount EUR`.
pub(super) fn currency_in(cell: &str) -> Option<&'static str> {
    let upper = cell.to_uppercase();
    let mut words = upper.split(|c: char| !c.is_alphanumeric());
    words.find_map(|word| {
        ["SEK", "EUR", "NOK", "DKK", "USD", "GBP", "ISK"].into_iter().find(|code| *code == word)
    })
}

/// The currency of the country whose language the header speaks, where its words tell.
pub(super) fn home_currency(header: &[String]) -> Option<&'static str> {
    const TELLING: &[(&str, &[&str])] = &[
        (
            "SEK",
            &[
                "belopp",
                "bokföringsdag",
                "bokföringsdatum",
                "valutadag",
                "insättning/uttag",
                "transaktionsdag",
            ],
        ),
        (
            "NOK",
            &[
                "beløp",
                "rentedato",
                "ut av konto",
                "ut fra konto",
                "inn på konto",
                "bokført",
                "bokføringsdato",
            ],
        ),
        ("DKK", &["beløb", "bogføringsdato", "bogført", "bogført dato", "hævet", "indsat"]),
        ("EUR", &["määrä", "määrä euroa", "kirjauspäivä", "arvopäivä", "saaja/maksaja", "viitenumero"]),
    ];
    let names: Vec<String> = header.iter().map(|cell| normalized(cell)).collect();
    TELLING
        .iter()
        .find(|(_, words)| words.iter().any(|word| names.iter().any(|name| name == word)))
        .map(|(code, _)| *code)
}
