//! Remarks about documents: kept with them, counted, and exchanged where they compare two.

use crate::{
    error::CacheError,
    import::{ROWS_PER_INSERT, insert_sql, to_json},
    log::WriteTx,
    open::Cache,
};
use attest_domain::{Finding, Severity, finding::Parameters, ids::Span};
use sqlx::Row;
use std::collections::BTreeSet;

impl Cache {
    /// Remarks about a document in the order of the document, worst first.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn list_findings(&self, document: i64) -> Result<Vec<Finding>, CacheError> {
        let rows = sqlx::query(
            "select code, severity, line, path, message, span_start, span_end, parameters from finding
             where document_id = ?
             order by case severity when 'error' then 0 when 'warning' then 1 else 2 end, line, id",
        )
        .bind(document)
        .fetch_all(&self.reader)
        .await?;
        rows.iter().map(finding).collect()
    }

    /// Errors and warnings about documents that hold statements of an account.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn count_account_findings(&self, account: i64) -> Result<u64, CacheError> {
        let count: i64 = sqlx::query_scalar(
            "select coalesce(sum(errors + warnings), 0) from document
             where id in (select document_id from statement where account_id = ?)",
        )
        .bind(account)
        .fetch_one(&self.reader)
        .await?;
        Ok(count.cast_unsigned())
    }
}

fn finding(row: &sqlx::sqlite::SqliteRow) -> Result<Finding, CacheError> {
    let parameters = match row.get::<Option<&str>, _>(7) {
        Some(json) => serde_json::from_str(json).map_err(|error| CacheError::stored("finding", error))?,
        None => Parameters::new(),
    };
    let span = match (row.get::<Option<i64>, _>(5), row.get::<Option<i64>, _>(6)) {
        (Some(start), Some(end)) => Some(Span { start: start.cast_unsigned(), end: end.cast_unsigned() }),
        _ => None,
    };
    Ok(Finding {
        code: row.get::<String, _>(0).into(),
        severity: match row.get::<&str, _>(1) {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            _ => Severity::Info,
        },
        line: row.get::<Option<i64>, _>(2).map(i64::cast_unsigned),
        path: row.get(3),
        message: row.get(4),
        span,
        parameters,
    })
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

impl WriteTx {
    /// Keeps remarks.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn insert_findings(&mut self, document: i64, findings: &[Finding]) -> Result<(), CacheError> {
        for rows in findings.chunks(ROWS_PER_INSERT) {
            let rows: Vec<_> = rows.iter().map(|finding| (document, None, finding)).collect();
            self.insert_finding_rows(&rows).await?;
        }
        Ok(())
    }

    /// Exchanges the remarks that compare a statement with its neighbours: those about `statements` go, the new
    /// ones come, each for its document and statement. The documents count their remarks anew.
    ///
    /// # Errors
    /// [`CacheError`] when the database does not answer.
    pub async fn replace_comparisons(
        &mut self,
        statements: &[i64],
        findings: &[(i64, i64, Finding)],
    ) -> Result<(), CacheError> {
        let mut documents: BTreeSet<i64> = findings.iter().map(|(document, _, _)| *document).collect();
        for statement in statements {
            let gone = sqlx::query("delete from finding where statement_id = ? returning document_id");
            let gone = gone.bind(statement).fetch_all(&mut *self.tx).await?;
            documents.extend(gone.iter().map(|row| row.get::<i64, _>(0)));
        }
        for rows in findings.chunks(ROWS_PER_INSERT) {
            let rows: Vec<_> = rows
                .iter()
                .map(|(document, statement, finding)| (*document, Some(*statement), finding))
                .collect();
            self.insert_finding_rows(&rows).await?;
        }
        for document in documents {
            self.count_findings(document).await?;
        }
        Ok(())
    }

    async fn insert_finding_rows(&mut self, rows: &[(i64, Option<i64>, &Finding)]) -> Result<(), CacheError> {
        const COLUMNS: &str = "document_id, statement_id, code, severity, line, path, message, span_start, span_end, parameters";
        let mut query = sqlx::query(insert_sql("finding", COLUMNS, rows.len()));
        for (document, statement, finding) in rows {
            let parameters = match finding.parameters.is_empty() {
                true => None,
                false => Some(to_json(&finding.parameters)?),
            };
            query = query
                .bind(document)
                .bind(*statement)
                .bind(finding.code.as_ref())
                .bind(severity_name(finding.severity))
                .bind(finding.line.map(u64::cast_signed))
                .bind(finding.path.as_deref())
                .bind(finding.message.as_str())
                .bind(finding.span.map(|span| span.start.cast_signed()))
                .bind(finding.span.map(|span| span.end.cast_signed()))
                .bind(parameters);
        }
        query.execute(&mut *self.tx).await?;
        Ok(())
    }

    pub(crate) async fn count_findings(&mut self, document: i64) -> Result<(), CacheError> {
        sqlx::query(
            "update document set (errors, warnings, infos) = (
                 select count(*) filter (where severity = 'error'), count(*) filter (where severity = 'warning'),
                        count(*) filter (where severity = 'info')
                 from finding where document_id = ?1)
             where id = ?1",
        )
        .bind(document)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
