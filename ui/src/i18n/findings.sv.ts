/** Swedish: the findings and refusals, key by key as in English. */

export const findingsSv = {
  "findings.code.account.check_digit": "Ett kontonummers kontrollsiffror är fel",
  "findings.text.account.check_digit":
    "{number} är sparat men har fel kontrollsiffror eller fel längd. Jämför med fakturan eller leverantörsregistret innan du litar på det.",
  "findings.code.account.currency_invalid": "Kontots valuta går inte att läsa",
  "findings.text.account.currency_invalid":
    "”{found}” är ingen valutakod; beloppens valuta används i stället. Säg till banken.",
  "findings.code.amount.overflow": "Beloppen är för stora för att summeras",
  "findings.text.amount.overflow":
    "Summan blir större än den kan vara, så inget sparades. Filen är skadad eller har ett annat decimaltecken; begär den på nytt.",
  "findings.code.balance.date_invalid": "Ett saldos datum går inte att läsa",
  "findings.text.balance.date_invalid":
    "”{found}” är inget datum. Saldot räknas; dagen tas från perioden eller posterna.",
  "findings.code.balance.direction_missing": "Ett saldo är varken kredit eller debet",
  "findings.text.balance.direction_missing":
    "Saldot {balance} lästes som kredit. Var kontot övertrasserat, be banken om ett rättat kontoutdrag.",
  "findings.code.balance.unreadable": "Ett saldo går inte att läsa",
  "findings.text.balance.unreadable":
    "”{found}” utelämnades, så uppgiften kontrolleras inte. Jämför med bankens eget kontoutdrag.",
  "findings.code.bgmax.deposit_missing": "Betalningar utan insättning",
  "findings.text.bgmax.deposit_missing":
    "Betalningarna före den här posten har ingen insättning och därmed inget bokfört belopp; de utelämnades. Begär filen på nytt av Bankgirot eller banken.",
  "findings.code.bgmax.no_start": "Ingen hel BgMax-fil",
  "findings.text.bgmax.no_start":
    "Filen börjar inte med en startpost (01), så inget sparades. Begär hela filen.",
  "findings.code.bgmax.record_stray": "En post på fel plats",
  "findings.text.bgmax.record_stray":
    "Post {record} står utanför sitt avsnitt och hoppades över. Begär filen på nytt och jämför insättningens summa.",
  "findings.code.bgmax.tabs": "Filen har ändrats i en textredigerare",
  "findings.text.bgmax.tabs":
    "Tabbar står där det ska vara blanksteg; de breddades igen. Läs in filen som banken skickade den.",
  "findings.code.bgmax.test_file": "En testfil",
  "findings.text.bgmax.test_file":
    "Banken har märkt filen som test. Inga pengar har flyttats; ta bort den ur mappen du läser in från.",
  "findings.code.bgmax.totals_differ": "Slutposten räknar annorlunda",
  "findings.text.bgmax.totals_differ":
    "Betalningar / avdrag / extra referenser / insättningar: banken anger {announced}, filen innehåller {found}. Något kan saknas; begär filen på nytt.",
  "findings.code.csv.column_missing": "En kolumn saknas",
  "findings.text.csv.column_missing":
    "Det finns ingen kolumn ”{column}”. Filen har: {columns}. Rätta kolumnvalet eller exportera tabellen med den kolumnen.",
  "findings.code.csv.columns_ignored": "Kolumner som inte lästes",
  "findings.text.csv.columns_ignored":
    "Inget hämtades ur {columns}. Är någon av dem viktig, välj den när du läser in tabellen.",
  "findings.code.csv.guessed": "Kolumnerna är gissade",
  "findings.text.csv.guessed":
    "Ingen har angett vad kolumnerna betyder, så de tolkades efter rubrik och innehåll. Jämför några rader med filen.",
  "findings.code.csv.header_missing": "Tabellen saknar rubrikrad",
  "findings.text.csv.header_missing":
    "Filen slutar före rubrikraden. Hoppa över färre rader eller exportera tabellen på nytt.",
  "findings.code.csv.mapping_invalid": "Kolumnvalet går inte ihop",
  "findings.text.csv.mapping_invalid": "Filen går inte att läsa så: {message}",
  "findings.code.csv.mapping_known": "Läst som förut",
  "findings.text.csv.mapping_known": "Tabellen lästes som {document}, vars kolumner du har bekräftat.",
  "findings.code.csv.no_rows": "Tabellen har inga rader",
  "findings.text.csv.no_rows":
    "Ingen rad gick att läsa, så inget sparades. Kontrollera kolumner, decimaltecken och datumformat och läs in igen.",
  "findings.code.csv.not_understood": "Tabellen går inte att tolka",
  "findings.text.csv.not_understood":
    "Attest ser inte vilka kolumner som är datum och belopp. Välj dem för hand eller exportera tabellen med rubrikrad.",
  "findings.code.csv.row_unreadable": "En rad utelämnades",
  "findings.text.csv.row_unreadable":
    "Raden har inget läsbart datum, belopp, valuta eller konto. Rätta den i källan eller välj kolumner på nytt; det den säger räknas inte.",
  "findings.code.csv.too_many_columns": "För många kolumner",
  "findings.text.csv.too_many_columns":
    "En rad har fler än {most} kolumner, vilket inget kontoutdrag har. Kontrollera skiljetecknet eller exportera på nytt.",
  "findings.code.document.empty": "Filen är tom",
  "findings.text.document.empty": "Det finns inget i den. Begär den på nytt.",
  "findings.code.document.item_too_large": "Något i filen tar aldrig slut",
  "findings.text.document.item_too_large":
    "En post, verifikation eller ett fält har fler än {most} delar, vilket ingen har. Filen är skadad eller mycket stor; begär den i delar.",
  "findings.code.document.more_findings": "Mer än vad som visas",
  "findings.text.document.more_findings": {
    one: "Ytterligare {count} hittades. Rätta först dem ovan och läs in den rättade filen.",
    other: "Ytterligare {count} hittades. Rätta först dem ovan och läs in den rättade filen.",
  },
  "findings.code.document.namespace_differs": "Filen anger ett annat format",
  "findings.text.document.namespace_differs":
    "Den anger {announced} men innehåller {found} och lästes som det. Inget har gått förlorat; säg till banken.",
  "findings.code.document.no_content": "Dokumentet saknar innehåll",
  "findings.text.document.no_content":
    "Det är riktigt uppbyggt men har inget kontoutdrag och inga rader. Borde det finnas, fråga banken.",
  "findings.code.document.record_unknown": "En posttyp som Attest inte känner till",
  "findings.text.document.record_unknown":
    "{record} hör inte till formatet och hoppades över. Inget att göra om den inte bar något du behöver.",
  "findings.code.document.too_large": "Filen är för stor",
  "findings.text.document.too_large":
    "Högst 256 MiB läses, och 96 MiB om XML inte är i UTF-8. Begär en kortare period eller filen i delar.",
  "findings.code.document.truncated": "Filen slutar för tidigt",
  "findings.text.document.truncated": "Den har klippts av på vägen, så inget sparades. Begär den på nytt.",
  "findings.code.encoding.letters_lost": "Bokstäver har gått förlorade",
  "findings.text.encoding.letters_lost":
    "Innan filen kom hit ersattes å, ä eller ö av ett tecken utan betydelse. Beloppen är säkra; exportera igen om namnen behövs.",
  "findings.code.encoding.undecodable": "Texten går inte att avkoda",
  "findings.text.encoding.undecodable":
    "Filen har byte som inte är tecken i någon kodning som läses, så inget sparades. Begär den i UTF-8.",
  "findings.code.encoding.unexpected": "En annan teckenkodning än angiven",
  "findings.text.encoding.unexpected":
    "Angiven är {announced}, skriven är {found}; den lästes som {found}. Kontrollera namn med å, ä eller ö.",
  "findings.code.encoding.unknown": "En okänd teckenkodning",
  "findings.text.encoding.unknown": "”{found}” är ingen teckenkodning. Välj en annan och läs in igen.",
  "findings.code.encoding.unsupported": "En teckenkodning som inte läses",
  "findings.text.encoding.unsupported":
    "Tabeller i {found} läses inte. Spara filen som UTF-8 och läs in den.",
  "findings.code.entry.amount_signed": "Ett belopp har eget tecken",
  "findings.text.entry.amount_signed":
    "Kredit och debet ska ange riktningen; beloppet lästes som negativt. Jämför posten med banken.",
  "findings.code.entry.batch_count_differs": "Antalet betalningar stämmer inte",
  "findings.text.entry.batch_count_differs":
    "Banken anger {announced} betalningar, här finns {found}. Postens belopp räknas; begär de uppgifter som saknas av banken.",
  "findings.code.entry.batch_invalid": "En bunts antal eller summa går inte att läsa",
  "findings.text.entry.batch_invalid":
    "”{found}” utelämnades, så bunten kontrolleras inte. Jämför betalningarna med din betalfil.",
  "findings.code.entry.batch_several": "En post med flera buntar",
  "findings.text.entry.batch_several":
    "Den första bunten sparades som länk, alla kontrollerades. Inget att göra.",
  "findings.code.entry.batch_total_differs": "Buntens summa stämmer inte",
  "findings.text.entry.batch_total_differs":
    "Banken anger {announced}, betalningarna ger {found}. Postens belopp räknas; fråga banken vilket som är rätt.",
  "findings.code.entry.charge_invalid": "En avgift går inte att läsa",
  "findings.text.entry.charge_invalid":
    "”{found}” är inget belopp; avgiften utelämnades. En differens mot bokföringen kan vara avgiften.",
  "findings.code.entry.currency_invalid": "Ett belopps valuta går inte att läsa",
  "findings.text.entry.currency_invalid":
    "Valutan är ingen kod på tre bokstäver; kontots valuta gäller. Säg till banken.",
  "findings.code.entry.currency_missing": "Ett belopp utan valuta",
  "findings.text.entry.currency_missing":
    "{currency} användes (XXX betyder okänd). Kontrollera att det stämmer innan du matchar posten.",
  "findings.code.entry.date_invalid": "En posts datum går inte att läsa",
  "findings.text.entry.date_invalid":
    "”{found}” är ingen dag i kalendern. Posten räknas, med sitt andra datum eller månadens sista dag. Kontrollera att den hamnar i rätt period.",
  "findings.code.entry.details_differ": "Detaljerna ger inte postens belopp",
  "findings.text.entry.details_differ":
    "Posten är {amount}, betalningarna ger {sum}: {difference} är oförklarat. Posten räknas; det kan vara en avgift.",
  "findings.code.entry.direction_invalid": "Kredit eller debet går inte att läsa",
  "findings.text.entry.direction_invalid":
    "”{found}” är varken kredit eller debet. Postens detaljer avgör, annars kredit; jämför med banken.",
  "findings.code.entry.direction_missing": "En post är varken kredit eller debet",
  "findings.text.entry.direction_missing":
    "Betalningarna avgjorde där de är överens, annars lästes den som kredit. Tecknet kan vara fel: jämför med banken innan du matchar.",
  "findings.code.entry.exchange_rate_invalid": "En växelkurs går inte att läsa",
  "findings.text.entry.exchange_rate_invalid":
    "”{found}” utelämnades; det bokförda beloppet gäller. Hämta kursen ur bankens avi om du behöver den.",
  "findings.code.entry.foreign_amount_invalid": "Ett belopp i utländsk valuta går inte att läsa",
  "findings.text.entry.foreign_amount_invalid":
    "”{found}” utelämnades; det bokförda beloppet gäller. Inget mer att göra.",
  "findings.code.entry.reversal_invalid": "Markeringen för rättelse går inte att läsa",
  "findings.text.entry.reversal_invalid":
    "”{found}” är varken sant eller falskt; posten lästes som en vanlig post. Kontrollera om den återför en annan.",
  "findings.code.entry.status_invalid": "En status som Attest inte känner till",
  "findings.text.entry.status_invalid":
    "”{found}” lästes som bokförd. Är posten bara aviserad, vänta tills banken har bokfört den.",
  "findings.code.entry.status_missing": "Poster utan status",
  "findings.text.entry.status_missing": {
    one: "{count} post lästes som bokförd, eftersom kontoutdraget visar bokförda poster. Inget att göra.",
    other:
      "{count} poster lästes som bokförda, eftersom kontoutdraget visar bokförda poster. Inget att göra.",
  },
  "findings.code.entry.suspected_double": "Kan vara samma betalning två gånger",
  "findings.text.entry.suspected_double":
    "Insättningen på {amount} finns också i ”{document}” med samma dag och belopp. Den räknas en gång; kontrollera att det inte var två.",
  "findings.code.entry.unreadable": "En post utelämnades",
  "findings.text.entry.unreadable":
    "”{found}” går inte att läsa, så posten saknas och kontoutdraget kan inte gå ihop. Be banken om ett rättat kontoutdrag.",
  "findings.code.file.is_folder": "En mapp, ingen fil",
  "findings.text.file.is_folder": "Välj filerna i den, eller släpp hela mappen på fönstret.",
  "findings.code.file.unreadable": "Filen går inte att öppna",
  "findings.text.file.unreadable":
    "Datorn lämnar inte ut den: {message} Kontrollera att den finns kvar och inte är öppen i ett annat program.",
  "findings.code.format.other_message": "Ett annat slags bankmeddelande",
  "findings.text.format.other_message":
    "Det är {found}; kontoutdrag kommer som camt.052, camt.053 eller camt.054. Välj en annan fil.",
  "findings.code.format.unknown": "Inget format som Attest känner till",
  "findings.text.format.unknown":
    "Det är varken camt, SIE, MT940, BgMax eller en tabell med datum och belopp. Packa upp arkiv; exportera kalkylblad som CSV.",
  "findings.code.ledger.balance_unreadable": "Ett saldo i bokföringen utelämnades",
  "findings.text.ledger.balance_unreadable":
    "”{found}” går inte att läsa, så kontots saldo kontrolleras inte. Rätta i bokföringsprogrammet och exportera igen.",
  "findings.code.ledger.books_unbalanced": "Bokföringen är i obalans",
  "findings.text.ledger.books_unbalanced":
    "Utgående saldon och resultat summerar till {difference} i stället för noll. Leta efter ett år som inte är avslutat och exportera igen.",
  "findings.code.ledger.closing_differs": "Ett utgående saldo följer inte av verifikationerna",
  "findings.text.ledger.closing_differs":
    "Konto {account}: ingående saldo och verifikationer ger {expected}, exporten anger {closing}. En verifikation saknas eller har ändrats; exportera igen.",
  "findings.code.ledger.currency_invalid": "Bokföringens valuta går inte att läsa",
  "findings.text.ledger.currency_invalid":
    "SEK användes. Förs bokföringen i en annan valuta, rätta exporten.",
  "findings.code.ledger.period_invalid": "Ett saldos månad går inte att läsa",
  "findings.text.ledger.period_invalid":
    "”{found}” är ingen månad (ÅÅÅÅMM); saldot sparades utan månad. Inget att göra för avstämningen.",
  "findings.code.ledger.result_differs": "Ett resultat följer inte av verifikationerna",
  "findings.text.ledger.result_differs":
    "Konto {account}: verifikationerna ger {expected}, exporten anger {result}. En verifikation saknas eller har ändrats; exportera igen.",
  "findings.code.ledger.year_invalid": "Ett räkenskapsår går inte att läsa",
  "findings.text.ledger.year_invalid":
    "Det saknar nummer eller slutar innan det börjar och utelämnades. Rätta året i bokföringsprogrammet och exportera igen.",
  "findings.code.ledger_account.number_invalid": "Ett kontonummer som inte är ett nummer",
  "findings.text.ledger_account.number_invalid":
    "”{number}” består inte bara av siffror; det sparades. Kontrollera kontoplanen.",
  "findings.code.ledger_account.undeclared": "Ett konto utanför kontoplanen",
  "findings.text.ledger_account.undeclared":
    "Konto {account} används men finns inte i kontoplanen. Raderna räknas; lägg upp kontot i bokföringsprogrammet.",
  "findings.code.ledger_line.date_invalid": "En rads datum går inte att läsa",
  "findings.text.ledger_line.date_invalid":
    "”{found}” är ingen dag i kalendern; raden har verifikationens datum.",
  "findings.code.ledger_line.unreadable": "En verifikationsrad utelämnades",
  "findings.text.ledger_line.unreadable":
    "”{found}” i verifikation {voucher} är inget belopp, så raden saknas. Rätta verifikationen och exportera igen.",
  "findings.code.line.too_long": "En rad är för lång",
  "findings.text.line.too_long":
    "Ingen post är så lång: filen är skadad, ett citattecken är inte stängt eller det är ett annat slags fil. Begär den på nytt.",
  "findings.code.mt940.no_message": "Inget kontoutdrag i filen",
  "findings.text.mt940.no_message":
    "Där finns inget MT940- eller MT942-meddelande (:20:), så inget sparades. Begär kontoutdraget av banken.",
  "findings.code.mt940.outside_message": "Rader utanför kontoutdragen",
  "findings.text.mt940.outside_message": {
    one: "{count} rad utanför meddelandena, till exempel ett försättsblad, hoppades över. Inget att göra.",
    other:
      "{count} rader utanför meddelandena, till exempel ett försättsblad, hoppades över. Inget att göra.",
  },
  "findings.code.organisation_number.check_digit": "Ett organisationsnummers kontrollsiffra är fel",
  "findings.text.organisation_number.check_digit":
    "{number} sparades som det är. Kontrollera det i registret innan du litar på det.",
  "findings.code.payment.count_differs": "Antalet betalningar stämmer inte",
  "findings.text.payment.count_differs":
    "Filen anger {announced} betalningar, {found} finns i den. Be den som gjort filen om en fullständig.",
  "findings.code.payment.date_invalid": "Betalningsdagen går inte att läsa",
  "findings.text.payment.date_invalid":
    "”{found}” är inget datum, så betalningarna saknar betalningsdag. Rätta filen.",
  "findings.code.payment.sum_differs": "Betalningarnas summa stämmer inte",
  "findings.text.payment.sum_differs":
    "Filen anger summan {announced}, betalningarna blir {found}. Be den som gjort filen om en ny.",
  "findings.code.payment.unreadable": "En betalning utelämnades",
  "findings.text.payment.unreadable":
    "”{found}” är inget belopp med valuta, så betalningen utelämnades. Rätta filen.",
  "findings.code.reference.check_digit": "En referens kontrollsiffra är fel",
  "findings.text.reference.check_digit":
    "{reference} har fel kontrollsiffra. Matcha betalningen på belopp och betalare, eller fråga betalaren.",
  "findings.code.reference.wrong": "Banken anger referensen som felaktig",
  "findings.text.reference.wrong":
    "{reference} klarade inte bankens egen kontroll. Matcha betalningen på belopp och betalare, eller fråga betalaren.",
  "findings.code.sie.already_read": "Exporten är redan inläst i ett annat program",
  "findings.text.sie.already_read":
    "Filen är märkt som inläst (#FLAGGA 1). Kontrollera att inget bokförs två gånger.",
  "findings.code.sie.brace_missing": "En verifikation saknar klammer",
  "findings.text.sie.brace_missing":
    "Verifikation {voucher} lästes ändå. Kontrollera raderna; programmet som skrev filen har ett fel.",
  "findings.code.sie.brace_open": "En objektlista är inte stängd",
  "findings.text.sie.brace_open":
    "Den lästes till radens slut. Kontrollera kostnadsställe och projekt på raden.",
  "findings.code.sie.brace_stray": "En klammer som inte hör hemma någonstans",
  "findings.text.sie.brace_stray": "Den hoppades över. Kontrollera verifikationerna runt raden.",
  "findings.code.sie.checksum_differs": "Exportens kontrollsumma är fel",
  "findings.text.sie.checksum_differs":
    "Filen anger {announced}, innehållet ger {found}: den har ändrats efter att den skrevs. Exportera den på nytt.",
  "findings.code.sie.control_character": "Ett styrtecken i en post",
  "findings.text.sie.control_character":
    "SIE tillåter det inte; posten lästes utan det. Kontrollera texten i bokföringsprogrammet.",
  "findings.code.sie.date_invalid": "Ett datum i exporten går inte att läsa",
  "findings.text.sie.date_invalid":
    "”{found}” är ingen dag i kalendern och utelämnades. Verifikationerna påverkas inte.",
  "findings.code.sie.decimal_comma": "Ett belopp har decimalkomma",
  "findings.text.sie.decimal_comma":
    "Det lästes som decimaler; SIE kräver punkt. Jämför ett belopp med bokföringsprogrammet.",
  "findings.code.sie.dimension_invalid": "En dimension går inte att läsa",
  "findings.text.sie.dimension_invalid": "Den är inget heltal och utelämnades. Beloppen påverkas inte.",
  "findings.code.sie.fields_swapped": "Konto och period har bytt plats",
  "findings.text.sie.fields_swapped":
    "De står omvänt i de här posterna och rättades. Jämför ett saldo med bokföringsprogrammet.",
  "findings.code.sie.line_outside_voucher": "En rad utanför en verifikation",
  "findings.text.sie.line_outside_voucher":
    "{record} hör inte till någon verifikation och hoppades över, så ett belopp saknas. Exportera igen.",
  "findings.code.sie.line_unknown": "En rad som inte är något känt",
  "findings.text.sie.line_unknown":
    "Den är varken post eller klammer och hoppades över. Kontrollera om en text har delats på två rader.",
  "findings.code.sie.objects_odd": "En dimension utan objekt",
  "findings.text.sie.objects_odd":
    "Paren före den sparades. Kontrollera kostnadsställe och projekt på raden.",
  "findings.code.sie.quote_open": "Ett citattecken är inte stängt",
  "findings.text.sie.quote_open":
    "Texten lästes till radens slut. Kontrollera texten i bokföringsprogrammet.",
  "findings.code.sie.record_missing": "En obligatorisk post saknas",
  "findings.text.sie.record_missing": "{record} borde finnas. Siffrorna beror inte på den; inget att göra.",
  "findings.code.sie.type_missing": "Exporten anger inte sin typ",
  "findings.text.sie.type_missing": "Den innehåller verifikationer och lästes som typ 4. Inget att göra.",
  "findings.code.sie.type_unknown": "En exporttyp som inte finns",
  "findings.text.sie.type_unknown":
    "”{found}” är ingen SIE-typ; filen lästes efter sitt innehåll. Kontrollera att alla verifikationer är med.",
  "findings.code.sie.unquoted": "En text utan citattecken",
  "findings.text.sie.unquoted": "Orden sattes ihop igen. Kontrollera företagets namn.",
  "findings.code.sie.value_missing": "En post saknar ett värde",
  "findings.text.sie.value_missing":
    "{record} är ofullständig; det som saknas är okänt. Kontrollera i bokföringsprogrammet.",
  "findings.code.statement.balance_broken": "Ingående saldo och poster ger inte utgående saldo",
  "findings.text.statement.balance_broken":
    "{opening} och poster på {sum} ger {expected}, men utgående saldo är {closing}: {difference} saknas. Be banken om ett fullständigt kontoutdrag.",
  "findings.code.statement.balance_incomplete": "Poster saknas, så saldot bevisar inget",
  "findings.text.statement.balance_incomplete": {
    one: "{count} post gick inte att läsa och utelämnades. Resten ger {expected}, utgående saldo är {closing}. Be banken om ett rättat kontoutdrag.",
    other:
      "{count} poster gick inte att läsa och utelämnades. Resten ger {expected}, utgående saldo är {closing}. Be banken om ett rättat kontoutdrag.",
  },
  "findings.code.statement.balance_uncheckable": "Saldot går inte att kontrollera",
  "findings.text.statement.balance_uncheckable":
    "Banken anger inget ingående eller inget utgående saldo. Jämför med saldot i internetbanken.",
  "findings.code.statement.break": "Ingående saldo är inte förra utgående saldo",
  "findings.text.statement.break":
    "{before} slutar på {closing}, {after} börjar på {opening}. Läs in det som ligger emellan eller begär det av banken. Anmärkningen försvinner när det är inläst.",
  "findings.code.statement.closing_missing": "Inget utgående saldo",
  "findings.text.statement.closing_missing":
    "Kontoutdraget slutar utan saldo; poster kan saknas efter det. Begär det på nytt av banken.",
  "findings.code.statement.conflicting": "Samma kontoutdrag med annat innehåll",
  "findings.text.statement.conflicting":
    "{statement} finns redan från ”{document}” med andra siffror. Det första räknas. Fråga banken vilket som är rätt.",
  "findings.code.statement.currencies_differ": "Flera valutor i ett kontoutdrag",
  "findings.text.statement.currencies_differ":
    "{currencies}: det som är i annan valuta ingår inte i summan. Be banken om ett kontoutdrag per valuta.",
  "findings.code.statement.gap": "Ett kontoutdrag saknas i serien",
  "findings.text.statement.gap":
    "Mellan {before} (utgående saldo {closing}) och {after} (ingående saldo {opening}). Läs in det eller begär det av banken. Anmärkningen försvinner när det är inläst.",
  "findings.code.statement.note": "Banken tillägger",
  "findings.text.statement.note": "”{text}”",
  "findings.code.statement.opening_differs": "Ingående saldo och föregående utgående saldo skiljer sig",
  "findings.text.statement.opening_differs":
    "Kontoutdraget börjar på {opening} men anger att perioden före slutade på {previous}. En bokning emellan saknas; fråga banken.",
  "findings.code.statement.overlap_differs": "Två kontoutdrag täcker samma dagar med olika siffror",
  "findings.text.statement.overlap_differs":
    "{after} och {before} har olika poster, så några kan räknas dubbelt. Jämför dem och fråga banken vilket som är rätt.",
  "findings.code.statement.overlapping": "Samma dagar redovisas två gånger",
  "findings.text.statement.overlapping": {
    one: "{statement} täcker dagar som ett annat kontoutdrag (”{document}”) också täcker, med samma poster. De räknas en gång, båda sparas. Inget att göra.",
    other:
      "{statement} täcker samma dagar som {count} andra kontoutdrag (bland dem ”{document}”), med samma poster. De räknas en gång, alla sparas. Inget att göra.",
  },
  "findings.code.statement.page_unbalanced": "En sida går inte ihop för sig",
  "findings.text.statement.page_unbalanced":
    "{opening} och poster på {sum} ger {expected}, sidan slutar på {closing}: {difference}. Läs in de andra sidorna; tillsammans ska de gå ihop.",
  "findings.code.statement.period_invalid": "Perioden går inte att läsa",
  "findings.text.statement.period_invalid":
    "”{found}” är inget datum; saldonas och posternas dagar användes. Inget att göra.",
  "findings.code.statement.redelivered": "Samma kontoutdrag har levererats förut",
  "findings.text.statement.redelivered":
    "{statement} har samma siffror som i ”{document}”. Det sparas som underlag och räknas en gång. Inget att göra.",
  "findings.code.statement.running_balance_broken": "Det löpande saldot går inte ihop",
  "findings.text.statement.running_balance_broken":
    "{before} och {amount} ger inte {after}. En rad saknas eller har ändrats; exportera tabellen på nytt.",
  "findings.code.statement.sequence_invalid": "Kontoutdragets nummer går inte att läsa",
  "findings.text.statement.sequence_invalid":
    "”{found}” är inget nummer, så ett saknat kontoutdrag märks bara på saldona.",
  "findings.code.statement.totals_differ": "Bankens summor skiljer sig från posterna",
  "findings.text.statement.totals_differ":
    "Banken anger {announced}, posterna ger {found}. Fråga banken om poster saknas.",
  "findings.code.status.contradicts": "Banken säger emot sig själv",
  "findings.text.status.contradicts":
    "Banken svarar {above} om helheten och {below} om den här delen. Delen gäller; fråga banken vid tvekan.",
  "findings.code.transaction.amount_invalid": "En betalnings belopp går inte att läsa",
  "findings.text.transaction.amount_invalid":
    "”{found}” i posten är inget belopp. Posten räknas som helhet; betalningen saknar belopp.",
  "findings.code.transaction.document_amount_invalid": "En fakturas belopp går inte att läsa",
  "findings.text.transaction.document_amount_invalid":
    "”{found}” utelämnades; betalningen räknas. Matcha den på fakturanumret.",
  "findings.code.transaction.document_date_invalid": "En fakturas datum går inte att läsa",
  "findings.text.transaction.document_date_invalid":
    "”{found}” utelämnades; betalningen räknas. Inget att göra.",
  "findings.code.voucher.changed": "En verifikation har ändrats sedan förra exporten",
  "findings.text.voucher.changed":
    "Verifikation {voucher} räknas i sin nya form; matchningar vars rader är borta är öppna igen. Gå igenom dem i Avstämning.",
  "findings.code.voucher.date_invalid": "En verifikations datum går inte att läsa",
  "findings.text.voucher.date_invalid":
    "”{found}” är ingen dag i kalendern. Verifikation {voucher} sparades utan datum; rätta den och exportera igen.",
  "findings.code.voucher.date_outside_year": "En verifikation är daterad utanför räkenskapsåret",
  "findings.text.voucher.date_outside_year":
    "Verifikation {voucher} den {date} ligger utanför räkenskapsåret {from} till {to}. Den räknas; kontrollera datumet i bokföringsprogrammet.",
  "findings.code.voucher.empty": "En verifikation utan rader",
  "findings.text.voucher.empty":
    "Verifikation {voucher} bokför ingenting. Inget att göra, om inte rader saknas.",
  "findings.code.voucher.number_duplicate": "Ett verifikationsnummer används två gånger",
  "findings.text.voucher.number_duplicate":
    "Serie {series} har nummer {number} mer än en gång. Båda räknas; kontrollera vilken som avses.",
  "findings.code.voucher.number_gap": "Verifikationsnummer saknas",
  "findings.text.voucher.number_gap":
    "Serie {series} saknar {missing}: {numbers}. Exportera hela året eller notera varför de saknas.",
  "findings.code.voucher.registered_invalid": "En registreringsdag går inte att läsa",
  "findings.text.voucher.registered_invalid":
    "”{found}” är ingen dag i kalendern; verifikationen sparades utan den. Inget att göra.",
  "findings.code.voucher.repeated": "Verifikationer som redan finns här",
  "findings.text.voucher.repeated": {
    one: "{count} verifikation är oförändrad och räknas en gång. Inget att göra.",
    other: "{count} verifikationer är oförändrade och räknas en gång. Inget att göra.",
  },
  "findings.code.voucher.unbalanced": "En verifikation är i obalans",
  "findings.text.voucher.unbalanced":
    "Debet och kredit i verifikation {voucher} skiljer sig med {difference}. Rätta den i bokföringsprogrammet och exportera igen.",
  "findings.code.xml.attributes": "För många attribut på ett element",
  "findings.text.xml.attributes":
    "Inget bankmeddelande har så många, så inget sparades. Filen är skadad eller skadlig; begär den på nytt av banken.",
  "findings.code.xml.depth": "XML-filen är för djupt nästlad",
  "findings.text.xml.depth":
    "Inget bankmeddelande är så djupt, så inget sparades. Filen är skadad eller skadlig; begär den på nytt av banken.",
  "findings.code.xml.doctype": "En DOCTYPE läses aldrig, av säkerhetsskäl",
  "findings.text.xml.doctype":
    "Bankmeddelanden har ingen och den kan användas för angrepp, så inget sparades. Fråga varifrån filen kommer.",
  "findings.code.xml.entity": "En XML-entitet som inte är tillåten",
  "findings.text.xml.entity":
    "”{found}” kräver en dokumenttyp, som aldrig läses, så inget sparades. Begär filen på nytt av banken.",
  "findings.code.xml.malformed": "XML-filen är trasig",
  "findings.text.xml.malformed":
    "Inget sparades. Filen har ändrats eller skadats på vägen; begär den på nytt.",
  "findings.code.xml.text": "En text i XML-filen är för lång",
  "findings.text.xml.text":
    "Inget bankmeddelande har en så lång text, så inget sparades. Filen är skadad eller skadlig; begär den på nytt av banken.",
} as const;
