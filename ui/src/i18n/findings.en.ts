/** English: what each finding and refusal of `finding_codes.rs` is called, what happened, and what to do next. */

export const findingsEn = {
  "findings.code.account.check_digit": "An account number’s check digits are wrong",
  "findings.text.account.check_digit":
    "{number} was kept, but its check digits or length are wrong. Check it against the invoice or the supplier register before you rely on it.",
  "findings.code.account.currency_invalid": "The account’s currency cannot be read",
  "findings.text.account.currency_invalid":
    "“{found}” is no currency code; the currency of the amounts was taken. Tell the bank.",
  "findings.code.amount.overflow": "The amounts are too large to add up",
  "findings.text.amount.overflow":
    "The amounts add up to more than can be true, so nothing was kept. The file is damaged or has another decimal separator; ask for it again.",
  "findings.code.balance.date_invalid": "A balance’s date cannot be read",
  "findings.text.balance.date_invalid":
    "“{found}” is no date. The balance counts; its day comes from the period or the entries.",
  "findings.code.balance.direction_missing": "A balance is neither credit nor debit",
  "findings.text.balance.direction_missing":
    "The balance {balance} was read as credit. If the account was overdrawn, ask the bank for a corrected statement.",
  "findings.code.balance.unreadable": "A balance cannot be read",
  "findings.text.balance.unreadable":
    "“{found}” was left out, so this figure is not checked. Compare with the bank’s own statement.",
  "findings.code.bgmax.deposit_missing": "Payments without a deposit",
  "findings.text.bgmax.deposit_missing":
    "The payments before this record have no deposit, so no booked amount; they were left out. Ask Bankgirot or the bank for the file again.",
  "findings.code.bgmax.no_start": "Not a whole BgMax file",
  "findings.text.bgmax.no_start":
    "The file does not begin with a start record (01), so nothing was kept. Ask for the whole file.",
  "findings.code.bgmax.record_stray": "A record in the wrong place",
  "findings.text.bgmax.record_stray":
    "Record {record} stands outside its section and was passed over. Ask for the file again and compare the deposit’s total.",
  "findings.code.bgmax.tabs": "An editor has changed the file",
  "findings.text.bgmax.tabs":
    "Tabs stand where blanks belong; they were widened again. Import the file as the bank sent it.",
  "findings.code.bgmax.test_file": "A test file",
  "findings.text.bgmax.test_file":
    "The bank marks this file as a test. No money has moved; remove it from the folder you import from.",
  "findings.code.bgmax.totals_differ": "The end record counts otherwise",
  "findings.text.bgmax.totals_differ":
    "Payments / deductions / extra references / deposits: the bank announces {announced}, the file holds {found}. Part of it may be missing; ask for the file again.",
  "findings.code.csv.column_missing": "A column is missing",
  "findings.text.csv.column_missing":
    "There is no column “{column}”. The file has: {columns}. Correct the mapping, or export the table with that column.",
  "findings.code.csv.columns_ignored": "Columns that were not read",
  "findings.text.csv.columns_ignored":
    "Nothing was taken from {columns}. If one of them matters, choose it when you import the table.",
  "findings.code.csv.guessed": "The columns were guessed",
  "findings.text.csv.guessed":
    "Nobody said what the columns mean, so they were told from header and content. Compare a few rows with the file.",
  "findings.code.csv.header_missing": "The table has no header",
  "findings.text.csv.header_missing":
    "The file ends before its header. Skip fewer rows, or export the table again.",
  "findings.code.csv.mapping_invalid": "The columns do not fit together",
  "findings.text.csv.mapping_invalid": "The choice of columns cannot work: {message}",
  "findings.code.csv.mapping_known": "Read as before",
  "findings.text.csv.mapping_known": "The table was read like {document}, whose columns you confirmed.",
  "findings.code.csv.no_rows": "The table has no rows",
  "findings.text.csv.no_rows":
    "No row could be read, so nothing was kept. Check columns, decimal separator and date format, and import again.",
  "findings.code.csv.not_understood": "The table is not understood",
  "findings.text.csv.not_understood":
    "Attest cannot tell which columns hold date and amount. Choose them by hand, or export the table with a header.",
  "findings.code.csv.row_unreadable": "A row was left out",
  "findings.text.csv.row_unreadable":
    "The row has no date, amount, currency or account that can be read. Correct it in the source or choose the columns anew; what it says is not counted.",
  "findings.code.csv.too_many_columns": "Too many columns",
  "findings.text.csv.too_many_columns":
    "A row has more than {most} columns, which no statement has. Check the delimiter or export again.",
  "findings.code.document.empty": "The file is empty",
  "findings.text.document.empty": "There are no bytes in it. Ask for it to be sent again.",
  "findings.code.document.item_too_large": "Something in the file is endless",
  "findings.text.document.item_too_large":
    "One entry, voucher or field has more than {most} parts, which none has. The file is damaged or very large; ask for it in parts.",
  "findings.code.document.more_findings": "More than is listed",
  "findings.text.document.more_findings": {
    one: "{count} more was found. Correct those above first and import the corrected file.",
    other: "{count} more were found. Correct those above first and import the corrected file.",
  },
  "findings.code.document.namespace_differs": "The file names another format",
  "findings.text.document.namespace_differs":
    "It says {announced} but holds a {found} and was read as that. Nothing is lost; tell the bank.",
  "findings.code.document.no_content": "There is nothing in the document",
  "findings.text.document.no_content":
    "It is in order but holds no statement and no rows. If there should be some, ask the bank.",
  "findings.code.document.record_unknown": "A record Attest does not know",
  "findings.text.document.record_unknown":
    "{record} is not part of the format and was passed over. Nothing to do unless it carried something you need.",
  "findings.code.document.too_large": "The file is too large",
  "findings.text.document.too_large":
    "At most 256 MiB are read, and 96 MiB of XML that is not in UTF-8. Ask for a shorter period or for parts.",
  "findings.code.document.truncated": "The file ends too early",
  "findings.text.document.truncated":
    "It was cut off on the way, so nothing was kept. Ask for it to be sent again.",
  "findings.code.encoding.letters_lost": "Letters were lost",
  "findings.text.encoding.letters_lost":
    "Before the file got here, å, ä or ö was replaced by a sign that stands for nothing. Amounts are safe; export again if names matter.",
  "findings.code.encoding.undecodable": "The text cannot be decoded",
  "findings.text.encoding.undecodable":
    "Bytes in the file are no letters in any encoding that is read, so nothing was kept. Ask for it in UTF-8.",
  "findings.code.encoding.unexpected": "Another text encoding than announced",
  "findings.text.encoding.unexpected":
    "Announced is {announced}, written is {found}; it was read as {found}. Check names with å, ä or ö.",
  "findings.code.encoding.unknown": "An encoding nobody knows",
  "findings.text.encoding.unknown": "“{found}” is no text encoding. Choose another one and import again.",
  "findings.code.encoding.unsupported": "An encoding that is not read",
  "findings.text.encoding.unsupported":
    "Tables in {found} are not read. Save the file as UTF-8 and import it.",
  "findings.code.entry.amount_signed": "An amount has a sign of its own",
  "findings.text.entry.amount_signed":
    "Credit and debit should say the direction; the amount was read as negative. Compare the entry with the bank.",
  "findings.code.entry.batch_count_differs": "The number of payments differs",
  "findings.text.entry.batch_count_differs":
    "The bank announces {announced} payments, {found} are there. The total of the entry counts; ask the bank for the missing details.",
  "findings.code.entry.batch_invalid": "A batch’s count or total cannot be read",
  "findings.text.entry.batch_invalid":
    "“{found}” was left out, so the batch is not checked. Compare its payments with your payment file.",
  "findings.code.entry.batch_several": "An entry with several batches",
  "findings.text.entry.batch_several":
    "The first batch is kept as the link, all were checked. Nothing to do.",
  "findings.code.entry.batch_total_differs": "The batch’s total differs",
  "findings.text.entry.batch_total_differs":
    "The bank announces {announced}, the payments make {found}. The entry’s amount counts; ask the bank which is right.",
  "findings.code.entry.charge_invalid": "A charge cannot be read",
  "findings.text.entry.charge_invalid":
    "“{found}” is no amount; the charge was left out. A difference against the ledger may be that charge.",
  "findings.code.entry.currency_invalid": "An amount’s currency cannot be read",
  "findings.text.entry.currency_invalid":
    "The currency is no code of three letters; that of the account counts. Tell the bank.",
  "findings.code.entry.currency_missing": "An amount without a currency",
  "findings.text.entry.currency_missing":
    "{currency} was taken (XXX means none is known). Check that it is right before you match the entry.",
  "findings.code.entry.date_invalid": "An entry’s date cannot be read",
  "findings.text.entry.date_invalid":
    "“{found}” is no day of the calendar. The entry counts, with its other date or the month’s last day. Correct its period by hand if needed.",
  "findings.code.entry.details_differ": "The details do not add up to the entry",
  "findings.text.entry.details_differ":
    "The entry is {amount}, its payments make {sum}: {difference} is not explained. The entry counts; it may be a fee.",
  "findings.code.entry.direction_invalid": "Credit or debit cannot be read",
  "findings.text.entry.direction_invalid":
    "“{found}” is neither credit nor debit. The entry’s details decide, else credit; compare with the bank.",
  "findings.code.entry.direction_missing": "An entry is neither credit nor debit",
  "findings.text.entry.direction_missing":
    "Its payments decided where they agree, else it was read as credit. The sign may be wrong: compare with the bank before you match it.",
  "findings.code.entry.exchange_rate_invalid": "An exchange rate cannot be read",
  "findings.text.entry.exchange_rate_invalid":
    "“{found}” was left out; the booked amount counts. Take the rate from the bank’s note if you need it.",
  "findings.code.entry.foreign_amount_invalid": "A foreign amount cannot be read",
  "findings.text.entry.foreign_amount_invalid":
    "“{found}” was left out; the booked amount counts. Nothing else to do.",
  "findings.code.entry.reversal_invalid": "The mark of a reversal cannot be read",
  "findings.text.entry.reversal_invalid":
    "“{found}” is neither true nor false; the entry was read as an ordinary one. Check whether it takes another one back.",
  "findings.code.entry.status_invalid": "A status Attest does not know",
  "findings.text.entry.status_invalid":
    "“{found}” was read as booked. If the entry is only announced, wait for the bank to book it.",
  "findings.code.entry.status_missing": "Entries without a status",
  "findings.text.entry.status_missing": {
    one: "{count} entry was read as booked, as its statement lists booked entries. Nothing to do.",
    other: "{count} entries were read as booked, as their statement lists booked entries. Nothing to do.",
  },
  "findings.code.entry.suspected_double": "May be the same payment twice",
  "findings.text.entry.suspected_double":
    "The deposit of {amount} is also in “{document}”, with the same day and amount. It is counted once; check that there were not two.",
  "findings.code.entry.unreadable": "An entry was left out",
  "findings.text.entry.unreadable":
    "“{found}” cannot be read, so the entry is missing and the statement cannot balance. Ask the bank for a corrected statement.",
  "findings.code.file.is_folder": "A folder, not a file",
  "findings.text.file.is_folder": "Choose the files in it, or drop the whole folder on the window.",
  "findings.code.file.unreadable": "The file cannot be opened",
  "findings.text.file.unreadable":
    "The computer does not give it: {message} Check that it is still there and not open in another program.",
  "findings.code.format.other_message": "Another kind of bank message",
  "findings.text.format.other_message":
    "It is a {found}; statements come as camt.052, camt.053 or camt.054. Choose another file.",
  "findings.code.format.unknown": "Not a format Attest knows",
  "findings.text.format.unknown":
    "It is no camt, SIE, MT940, BgMax or table with a date and an amount. Unpack archives; export spreadsheets as CSV.",
  "findings.code.ledger.balance_unreadable": "A balance in the ledger was left out",
  "findings.text.ledger.balance_unreadable":
    "“{found}” cannot be read, so this account’s balance is not checked. Correct it in the accounting system and export again.",
  "findings.code.ledger.books_unbalanced": "The books do not balance",
  "findings.text.ledger.books_unbalanced":
    "Closing balances and results add up to {difference} instead of nought. Look for a year that is not closed, and export again.",
  "findings.code.ledger.closing_differs": "A closing balance does not follow from the vouchers",
  "findings.text.ledger.closing_differs":
    "Account {account}: opening balance and vouchers make {expected}, the export says {closing}. A voucher is missing or was changed; export again.",
  "findings.code.ledger.currency_invalid": "The ledger’s currency cannot be read",
  "findings.text.ledger.currency_invalid":
    "SEK was taken. If the books are kept in another currency, correct the export.",
  "findings.code.ledger.period_invalid": "A balance’s month cannot be read",
  "findings.text.ledger.period_invalid":
    "“{found}” is no month (YYYYMM); the balance is kept without one. Nothing to do for the reconciliation.",
  "findings.code.ledger.result_differs": "A result does not follow from the vouchers",
  "findings.text.ledger.result_differs":
    "Account {account}: the vouchers make {expected}, the export says {result}. A voucher is missing or was changed; export again.",
  "findings.code.ledger.year_invalid": "A financial year cannot be read",
  "findings.text.ledger.year_invalid":
    "It has no number or ends before it begins, and was left out. Correct the year in the accounting system and export again.",
  "findings.code.ledger_account.number_invalid": "An account number that is no number",
  "findings.text.ledger_account.number_invalid":
    "“{number}” is not made of digits alone; it was kept. Check the chart of accounts.",
  "findings.code.ledger_account.undeclared": "An account outside the chart of accounts",
  "findings.text.ledger_account.undeclared":
    "Account {account} is used but not in the chart. Its lines count; add it in the accounting system.",
  "findings.code.ledger_line.date_invalid": "A line’s date cannot be read",
  "findings.text.ledger_line.date_invalid":
    "“{found}” is no day of the calendar; the line has the date of its voucher.",
  "findings.code.ledger_line.unreadable": "A line of a voucher was left out",
  "findings.text.ledger_line.unreadable":
    "“{found}” in voucher {voucher} is no amount, so the line is missing. Correct the voucher and export again.",
  "findings.code.line.too_long": "A line is too long",
  "findings.text.line.too_long":
    "No record is that long: the file is damaged, a quote is not closed, or it is another kind of file. Ask for it again.",
  "findings.code.mt940.no_message": "No statement in the file",
  "findings.text.mt940.no_message":
    "There is no MT940 or MT942 message (:20:) in it, so nothing was kept. Ask the bank for the statement.",
  "findings.code.mt940.outside_message": "Lines outside the statements",
  "findings.text.mt940.outside_message": {
    one: "{count} line outside the messages, a cover page for instance, was passed over. Nothing to do.",
    other: "{count} lines outside the messages, a cover page for instance, were passed over. Nothing to do.",
  },
  "findings.code.organisation_number.check_digit": "An organisation number’s check digit is wrong",
  "findings.text.organisation_number.check_digit":
    "{number} was kept as it is. Check it in the register before you rely on it.",
  "findings.code.payment.count_differs": "The number of payments differs",
  "findings.text.payment.count_differs":
    "The file announces {announced} payments, {found} are there. Ask whoever made it for the whole file.",
  "findings.code.payment.date_invalid": "The execution date cannot be read",
  "findings.text.payment.date_invalid":
    "“{found}” is no day, so the payments have no execution date. Correct the file.",
  "findings.code.payment.sum_differs": "The sum of the payments differs",
  "findings.text.payment.sum_differs":
    "The file announces a sum of {announced}, its payments make {found}. Ask whoever made it for another file.",
  "findings.code.payment.unreadable": "A payment was left out",
  "findings.text.payment.unreadable":
    "“{found}” is no amount with a currency, so this payment was left out. Correct the file.",
  "findings.code.reference.check_digit": "A reference’s check digit is wrong",
  "findings.text.reference.check_digit":
    "{reference} does not prove itself. Match the payment by amount and payer, or ask the payer.",
  "findings.code.reference.wrong": "The bank calls the reference wrong",
  "findings.text.reference.wrong":
    "{reference} failed the bank’s own check. Match the payment by amount and payer, or ask the payer.",
  "findings.code.sie.already_read": "The export was already read by another program",
  "findings.text.sie.already_read":
    "The file is marked as read (#FLAGGA 1). Check that nothing is booked twice.",
  "findings.code.sie.brace_missing": "A voucher lacks a brace",
  "findings.text.sie.brace_missing":
    "Voucher {voucher} was read all the same. Check its lines; the program that wrote the file has a fault.",
  "findings.code.sie.brace_open": "An object list is not closed",
  "findings.text.sie.brace_open": "It was read to the end of the line. Check cost centre and project on it.",
  "findings.code.sie.brace_stray": "A brace that belongs nowhere",
  "findings.text.sie.brace_stray": "It was passed over. Check the vouchers around this line.",
  "findings.code.sie.checksum_differs": "The export’s checksum is wrong",
  "findings.text.sie.checksum_differs":
    "The file says {announced}, its content gives {found}: it was changed after it was written. Export it again.",
  "findings.code.sie.control_character": "A control character in a record",
  "findings.text.sie.control_character":
    "SIE does not allow it; the record was read without it. Check the text in the accounting system.",
  "findings.code.sie.date_invalid": "A date in the export cannot be read",
  "findings.text.sie.date_invalid":
    "“{found}” is no day of the calendar and was left out. Vouchers are not touched by it.",
  "findings.code.sie.decimal_comma": "An amount has a decimal comma",
  "findings.text.sie.decimal_comma":
    "It was read as decimals; SIE wants a point. Compare one amount with the accounting system.",
  "findings.code.sie.dimension_invalid": "A dimension cannot be read",
  "findings.text.sie.dimension_invalid":
    "It is no whole number and was left out. Amounts are not touched by it.",
  "findings.code.sie.fields_swapped": "Account and period are swapped",
  "findings.text.sie.fields_swapped":
    "They stand in each other’s place in these records and were put right. Compare one balance with the accounting system.",
  "findings.code.sie.line_outside_voucher": "A ledger line outside a voucher",
  "findings.text.sie.line_outside_voucher":
    "{record} belongs to no voucher and was passed over, so an amount is missing. Export again.",
  "findings.code.sie.line_unknown": "A line that is nothing known",
  "findings.text.sie.line_unknown":
    "It is neither record nor brace and was passed over. Check whether a text was broken over two lines.",
  "findings.code.sie.objects_odd": "A dimension without an object",
  "findings.text.sie.objects_odd":
    "The pairs before it were kept. Check cost centre and project on the line.",
  "findings.code.sie.quote_open": "A quote is not closed",
  "findings.text.sie.quote_open":
    "The text was read to the end of the line. Check the text in the accounting system.",
  "findings.code.sie.record_missing": "A mandatory record is missing",
  "findings.text.sie.record_missing":
    "{record} should be there. The figures do not depend on it; nothing to do.",
  "findings.code.sie.type_missing": "The export does not say its type",
  "findings.text.sie.type_missing": "It holds vouchers and was read as type 4. Nothing to do.",
  "findings.code.sie.type_unknown": "A type of export that does not exist",
  "findings.text.sie.type_unknown":
    "“{found}” is no SIE type; the file was read by what it holds. Check that all vouchers are there.",
  "findings.code.sie.unquoted": "A text without quotes",
  "findings.text.sie.unquoted": "Its words were put together again. Check the company’s name.",
  "findings.code.sie.value_missing": "A record lacks a value",
  "findings.text.sie.value_missing":
    "{record} is incomplete; what is missing is not known. Check it in the accounting system.",
  "findings.code.statement.balance_broken": "Opening balance and entries do not give the closing balance",
  "findings.text.statement.balance_broken":
    "{opening} and entries of {sum} make {expected}, but the closing balance is {closing}: {difference} is missing. Ask the bank for a complete statement.",
  "findings.code.statement.balance_incomplete": "Entries are missing, so the balance proves nothing",
  "findings.text.statement.balance_incomplete": {
    one: "{count} entry could not be read and was left out. What is left makes {expected}, the closing balance is {closing}. Ask the bank for a corrected statement.",
    other:
      "{count} entries could not be read and were left out. What is left makes {expected}, the closing balance is {closing}. Ask the bank for a corrected statement.",
  },
  "findings.code.statement.balance_uncheckable": "The balance cannot be checked",
  "findings.text.statement.balance_uncheckable":
    "The bank gives no opening or no closing balance. Compare with the balance in the internet bank.",
  "findings.code.statement.break": "The opening balance is not the former closing balance",
  "findings.text.statement.break":
    "{before} ends at {closing}, {after} begins at {opening}. Import what lies in between, or ask the bank for it. This goes away when it is here.",
  "findings.code.statement.closing_missing": "No closing balance",
  "findings.text.statement.closing_missing":
    "The statement stops without one; entries may be missing behind it. Ask the bank for it again.",
  "findings.code.statement.conflicting": "The same statement with other content",
  "findings.text.statement.conflicting":
    "{statement} is already here from “{document}” with other figures. The first one counts. Ask the bank which is right.",
  "findings.code.statement.currencies_differ": "Several currencies in one statement",
  "findings.text.statement.currencies_differ":
    "{currencies}: what is in another currency is not in the sum. Ask the bank for one statement per currency.",
  "findings.code.statement.gap": "A statement is missing in the series",
  "findings.text.statement.gap":
    "Between {before} (closing {closing}) and {after} (opening {opening}). Import it, or ask the bank for it. This goes away when it is here.",
  "findings.code.statement.note": "The bank adds",
  "findings.text.statement.note": "“{text}”",
  "findings.code.statement.opening_differs": "Opening balance and previous closing balance differ",
  "findings.text.statement.opening_differs":
    "The statement opens at {opening}, but says the period before closed at {previous}. A booking in between is missing; ask the bank.",
  "findings.code.statement.overlap_differs": "Two statements cover the same days with other figures",
  "findings.text.statement.overlap_differs":
    "{after} and {before} tell different entries, so some may be counted twice. Compare the two and ask the bank which is right.",
  "findings.code.statement.overlapping": "The same days are told twice",
  "findings.text.statement.overlapping": {
    one: "{statement} covers days that one other statement (“{document}”) covers too, with the same entries. They are counted once, both are kept. Nothing to do.",
    other:
      "{statement} covers the same days as {count} other statements (“{document}” among them), with the same entries. They are counted once, all are kept. Nothing to do.",
  },
  "findings.code.statement.page_unbalanced": "One page does not balance by itself",
  "findings.text.statement.page_unbalanced":
    "{opening} and entries of {sum} make {expected}, the page closes at {closing}: {difference}. Import the other pages; together they must balance.",
  "findings.code.statement.period_invalid": "The period cannot be read",
  "findings.text.statement.period_invalid":
    "“{found}” is no date; the days of balances and entries were taken. Nothing to do.",
  "findings.code.statement.redelivered": "The same statement was delivered before",
  "findings.text.statement.redelivered":
    "{statement} has the same figures as in “{document}”. It is kept as evidence and counted once. Nothing to do.",
  "findings.code.statement.running_balance_broken": "The running balance does not add up",
  "findings.text.statement.running_balance_broken":
    "{before} and {amount} do not make {after}. A row is missing or was changed; export the table again.",
  "findings.code.statement.sequence_invalid": "The statement’s number cannot be read",
  "findings.text.statement.sequence_invalid":
    "“{found}” is no number, so a missing statement is noticed by its balances alone.",
  "findings.code.statement.totals_differ": "The bank’s totals differ from the entries",
  "findings.text.statement.totals_differ":
    "The bank announces {announced}, the entries give {found}. Ask the bank whether entries are missing.",
  "findings.code.status.contradicts": "The bank contradicts itself",
  "findings.text.status.contradicts":
    "The bank says {above} of the whole and {below} of this part. The part counts; ask the bank if in doubt.",
  "findings.code.transaction.amount_invalid": "A payment’s amount cannot be read",
  "findings.text.transaction.amount_invalid":
    "“{found}” inside the entry is no amount. The entry counts as a whole; that payment has none.",
  "findings.code.transaction.document_amount_invalid": "An invoice’s amount cannot be read",
  "findings.text.transaction.document_amount_invalid":
    "“{found}” was left out; the payment counts. Match it by its invoice number.",
  "findings.code.transaction.document_date_invalid": "An invoice’s date cannot be read",
  "findings.text.transaction.document_date_invalid":
    "“{found}” was left out; the payment counts. Nothing to do.",
  "findings.code.voucher.changed": "A voucher has changed since the last export",
  "findings.text.voucher.changed":
    "Voucher {voucher} counts in its new form; matches whose lines are gone are open again. Look at them in Reconcile.",
  "findings.code.voucher.date_invalid": "A voucher’s date cannot be read",
  "findings.text.voucher.date_invalid":
    "“{found}” is no day of the calendar. Voucher {voucher} is kept without a date; correct it and export again.",
  "findings.code.voucher.date_outside_year": "A voucher is dated outside the year",
  "findings.text.voucher.date_outside_year":
    "Voucher {voucher} of {date} lies outside the financial year {from} to {to}. It counts; check its date in the accounting system.",
  "findings.code.voucher.empty": "A voucher without lines",
  "findings.text.voucher.empty": "Voucher {voucher} books nothing. Nothing to do, unless lines are missing.",
  "findings.code.voucher.number_duplicate": "A voucher number is used twice",
  "findings.text.voucher.number_duplicate":
    "Series {series} has number {number} more than once. Both count; check which one is meant.",
  "findings.code.voucher.number_gap": "Voucher numbers are missing",
  "findings.text.voucher.number_gap":
    "Series {series} lacks {missing}: {numbers}. Export the whole year, or note why they are missing.",
  "findings.code.voucher.registered_invalid": "A day of registration cannot be read",
  "findings.text.voucher.registered_invalid":
    "“{found}” is no day of the calendar; the voucher is kept without it. Nothing to do.",
  "findings.code.voucher.repeated": "Vouchers that were already here",
  "findings.text.voucher.repeated": {
    one: "{count} voucher is unchanged and counted once. Nothing to do.",
    other: "{count} vouchers are unchanged and counted once. Nothing to do.",
  },
  "findings.code.voucher.unbalanced": "A voucher does not balance",
  "findings.text.voucher.unbalanced":
    "Debit and credit of voucher {voucher} differ by {difference}. Correct it in the accounting system and export again.",
  "findings.code.xml.attributes": "Too many attributes on one element",
  "findings.text.xml.attributes":
    "No bank message has that many, so nothing was kept. The file is damaged or hostile; ask the bank for it again.",
  "findings.code.xml.depth": "The XML is nested too deep",
  "findings.text.xml.depth":
    "No bank message is that deep, so nothing was kept. The file is damaged or hostile; ask the bank for it again.",
  "findings.code.xml.doctype": "A DOCTYPE is never read, for safety",
  "findings.text.xml.doctype":
    "Bank messages have none and it can be used for attacks, so nothing was kept. Ask where the file comes from.",
  "findings.code.xml.entity": "An XML entity that is not allowed",
  "findings.text.xml.entity":
    "“{found}” needs a document type, which is never read, so nothing was kept. Ask the bank for the file again.",
  "findings.code.xml.malformed": "The XML is broken",
  "findings.text.xml.malformed":
    "Nothing was kept. The file was changed or damaged on the way; ask for it to be sent again.",
  "findings.code.xml.text": "A text in the XML is too long",
  "findings.text.xml.text":
    "No bank message has one that long, so nothing was kept. The file is damaged or hostile; ask the bank for it again.",
} as const;
