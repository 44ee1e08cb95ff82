//! Invented companies: names composed from word lists, with look-alikes among them, and their accounts.
//!
//! No list of real companies or persons is used. The tax authority is the one real name, because a Swedish
//! company pays nobody else its taxes.

use super::{
    random::Random,
    references::{bankgiro, iban, norwegian_account},
};

const HEADS: [&str; 40] = [
    "Nordlys",
    "Skogsvind",
    "Älvdagg",
    "Fjällrim",
    "Havsglim",
    "Granmoss",
    "Björksus",
    "Stenfalk",
    "Lindvåg",
    "Myrljus",
    "Tallkvist",
    "Isfjäril",
    "Bergknopp",
    "Vassbåt",
    "Rönndal",
    "Snöripa",
    "Ängsull",
    "Kvarnlo",
    "Solviska",
    "Dimhamn",
    "Ekbarr",
    "Frostö",
    "Glimsten",
    "Hällregn",
    "Jordsken",
    "Klövervik",
    "Lavskog",
    "Mossfors",
    "Norrsken & Dal",
    "Oxelgård",
    "Pilnäs",
    "Rimvatten",
    "Sjöhagel",
    "Tjärnblom",
    "Utsjö",
    "Vitmåne",
    "Åsklocka",
    "Öbris",
    "Barrstig",
    "Dunholme",
];
const TRADES: [&str; 24] = [
    "bolaget",
    " Handel",
    " Teknik",
    " Bygg",
    " Logistik",
    " Livs",
    " Verkstad",
    " Design",
    " Trä",
    " Kontor",
    " Marin",
    " Textil",
    " Papper",
    " Energi",
    " Service",
    " Grossist",
    " Interiör",
    " Maskin",
    " Foder",
    " Plåt",
    " Kaffe",
    " Cykel",
    " Glas",
    " Media",
];
const PLACES: [&str; 16] = [
    "",
    "",
    "",
    "",
    " i Umeå",
    " i Väst",
    " Malmö",
    " i Luleå",
    " Norr",
    " Syd",
    " i Gävle",
    " Öresund",
    " Örebro",
    " i Skåne",
    " Kiruna",
    " Mälardalen",
];

/// Where a company is at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Country {
    Sweden,
    Norway,
    Denmark,
    Finland,
    Germany,
    Estonia,
}

impl Country {
    fn legal_form(self) -> &'static str {
        match self {
            Self::Sweden => "AB",
            Self::Norway => "AS",
            Self::Denmark => "ApS",
            Self::Finland => "Oy",
            Self::Germany => "GmbH",
            Self::Estonia => "OÜ",
        }
    }

    /// Spells a Swedish-looking word the country's way, which also gives names that differ in one letter.
    fn spelled(self, name: &str) -> String {
        match self {
            Self::Norway | Self::Denmark => {
                name.replace('ö', "ø").replace('Ö', "Ø").replace('ä', "æ").replace('Ä', "Æ")
            }
            Self::Finland => name.replace('å', "a").replace('Å', "A"),
            _ => name.to_owned(),
        }
    }

    fn account(self, random: &mut Random) -> String {
        match self {
            Self::Sweden => iban("SE", &format!("900{}", random.digits(17))),
            Self::Norway => iban("NO", &norwegian_account(&random.digits(10))),
            Self::Denmark => iban("DK", &random.digits(14)),
            Self::Finland => iban("FI", &random.digits(14)),
            Self::Germany => iban("DE", &random.digits(18)),
            Self::Estonia => iban("EE", &random.digits(16)),
        }
    }
}

/// One invented company.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    /// Full name with legal form.
    pub(crate) name: String,
    /// Name without legal form, as people type it.
    pub(crate) short: String,
    /// Number in our customer or supplier ledger.
    pub(crate) number: u32,
    /// IBAN.
    pub(crate) iban: String,
    /// Bankgiro number, digits only (Swedish companies).
    pub(crate) bankgiro: Option<String>,
}

/// All customers or all suppliers of one account.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    parties: Vec<Party>,
    first_number: u32,
}

impl Pool {
    /// `count` companies, numbered from `first_number`; the home country is drawn from `countries`.
    /// One in seven is a look-alike of the one before it: other legal form, place or a single letter.
    pub(crate) fn new(
        random: &mut Random,
        countries: &[(u32, Country)],
        count: usize,
        first_number: u32,
    ) -> Self {
        let combinations = HEADS.len() * TRADES.len() * PLACES.len();
        let start = random.index(combinations);
        let mut parties: Vec<Party> = Vec::with_capacity(count);
        for (place, number) in (0..count).zip(first_number..) {
            let country = random.weighted(countries);
            let short = match parties.last() {
                Some(neighbour) if random.chance(1_400) => look_alike(&neighbour.short, random),
                // 7,919 is prime and divides no list length: every combination comes before one comes twice.
                _ => combination((start + place * 7_919) % combinations),
            };
            let short = country.spelled(&short);
            let bankgiro = (country == Country::Sweden).then(|| bankgiro(&random.digits(7)));
            parties.push(Party {
                name: format!("{short} {}", country.legal_form()),
                short,
                number,
                iban: country.account(random),
                bankgiro,
            });
        }
        Self { parties, first_number }
    }

    /// One of them; the first tenth comes as often as all others, as good customers do.
    pub(crate) fn pick(&self, random: &mut Random) -> &Party {
        let regulars = (self.parties.len() / 10).max(1);
        let len = if random.chance(5_000) { regulars } else { self.parties.len() };
        &self.parties[random.index(len)]
    }

    /// The neighbour of a company in the list, which is often its look-alike.
    pub(crate) fn neighbour(&self, number: u32) -> &Party {
        let place = number.saturating_sub(self.first_number) as usize;
        &self.parties[(place + 1) % self.parties.len()]
    }
}

fn combination(index: usize) -> String {
    let head = HEADS[index % HEADS.len()];
    let trade = TRADES[index / HEADS.len() % TRADES.len()];
    let place = PLACES[index / HEADS.len() / TRADES.len() % PLACES.len()];
    let joint = if trade.starts_with(' ') || !head.ends_with(char::is_alphabetic) { "" } else { "s" };
    format!("{head}{joint}{trade}{place}")
}

fn look_alike(name: &str, random: &mut Random) -> String {
    match random.below(3) {
        0 => format!("{name} Nord"),
        1 => match name.char_indices().nth(4) {
            Some((at, letter)) if letter.is_lowercase() => format!("{}{letter}{}", &name[..at], &name[at..]),
            _ => format!("{name} 2"),
        },
        _ => name.split(' ').next().unwrap_or(name).to_owned(),
    }
}

/// The name as a bank prints it: capitals, cut off, without the legal form or without diacritics.
pub(crate) fn bank_spelling(name: &str, random: &mut Random) -> String {
    match random.below(20) {
        0..=10 => name.to_owned(),
        11..=15 => name.to_uppercase(),
        16 => name.chars().take(18).collect::<String>().trim_end().to_owned(),
        17 | 18 => name.rsplit_once(' ').map_or(name, |(short, _)| short).to_owned(),
        _ => name.chars().map(plain_letter).collect(),
    }
}

fn plain_letter(letter: char) -> char {
    match letter {
        'å' | 'ä' | 'æ' => 'a',
        'Å' | 'Ä' | 'Æ' => 'A',
        'ö' | 'ø' => 'o',
        'Ö' | 'Ø' => 'O',
        'ü' | 'Ü' => 'u',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companies_are_many_and_some_look_alike() {
        let mut random = Random::seeded(3, "parties");
        let pool = Pool::new(&mut random, &[(3, Country::Sweden), (1, Country::Norway)], 400, 10_001);
        let names: std::collections::BTreeSet<&str> =
            pool.parties.iter().map(|party| party.name.as_str()).collect();
        assert!(names.len() > 380, "{} different names", names.len());
        assert!(pool.parties.iter().any(|party| party.short.ends_with(" Nord")));
        assert!(pool.parties.iter().all(|party| party.name.chars().count() <= 70));
    }
}
