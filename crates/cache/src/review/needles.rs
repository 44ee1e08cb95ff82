//! The texts that a search looks through.

use crate::{
    error::CacheError,
    open::{Cache, aggregate},
    values::{Side, json_integers},
};

/// Rows gathered into one text by [`Cache::load_needles`].
const NEEDLES_PER_TEXT: usize = 20_000;

impl Cache {
    /// Searchable texts of one side of an account: records separated by 0x1E, each the row, 0x1F and the text.
    ///
    /// One long text costs a fraction of as many rows. Of the payments inside an entry it holds what a person reads of
    /// them, amounts, references, parties and texts, and never how they are stored.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn load_needles(
        &self,
        side: Side,
        account: &crate::accounts::AccountRow,
        days: (i64, i64),
    ) -> Result<Vec<String>, CacheError> {
        let packed = match (side, &account.ledger_account) {
            (Side::Bank, _) => self.pack_entries(account.id, days).await?,
            (Side::Ledger, Some(number)) => self.pack_ledger_lines(number, &account.currency, days).await?,
            (Side::Ledger, None) => return Ok(Vec::new()),
        };
        let mut rows: Vec<i64> = packed.into_iter().map(|value| value & 0xFFFF_FFFF).collect();
        rows.sort_unstable();
        let sql = match side {
            Side::Bank => {
                "select group_concat(e.id || char(31) || case when e.amount_m < 0 then '-' else '' end
                     || printf('%d.%0*d', abs(e.amount_m) / j.unit, e.amount_s, abs(e.amount_m) % j.unit)
                     || ' ' || coalesce(e.party, '') || ' ' || coalesce(e.reference, '') || ' '
                     || coalesce(e.text, '')
                     || case when e.payments > 1 then ' ' || coalesce((
                            select group_concat(t.atom, ' ') from json_tree(cast(e.detail as text)) t
                            where t.type = 'text' and t.key not in (
                                'kind', 'currency', 'scheme', 'unit', 'rate', 'date', 'purpose', 'domain', 'family',
                                'sub_family', 'proprietary', 'issuer')), '') else '' end, char(30))
                 from json_each(?) r join entry e on e.id = r.value
                 join (select 0 s, 1 unit union all select 1, 10 union all select 2, 100 union all select 3, 1000
                       union all select 4, 10000 union all select 5, 100000 union all select 6, 1000000) j
                      on j.s = e.amount_s"
            }
            Side::Ledger => {
                "select group_concat(l.id || char(31) || case when l.amount_m < 0 then '-' else '' end
                     || printf('%d.%0*d', abs(l.amount_m) / j.unit, l.amount_s, abs(l.amount_m) % j.unit)
                     || ' ' || v.series || v.number || ' ' || v.series || ' ' || v.number || ' '
                     || coalesce(l.text, '') || ' ' || coalesce(v.text, ''), char(30))
                 from json_each(?) r join ledger_line l on l.id = r.value join voucher v on v.id = l.voucher_id
                 join (select 0 s, 1 unit union all select 1, 10 union all select 2, 100 union all select 3, 1000
                       union all select 4, 10000 union all select 5, 100000 union all select 6, 1000000) j
                      on j.s = l.amount_s"
            }
        };
        let mut texts = Vec::new();
        for part in rows.chunks(NEEDLES_PER_TEXT) {
            let row =
                sqlx::query(sql).bind(json_integers(part.iter().copied())).fetch_one(&self.reader).await?;
            texts.push(aggregate(&row));
        }
        Ok(texts)
    }
}
