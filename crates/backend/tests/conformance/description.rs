//! The description of the interface, taken at its word: requests made from it are answered as it says.

use crate::{books::Books, site::Site};
use attest_backend::operate;
use attest_domain::roles::{Role, Scope};
use std::process::Command;

/// Names the program that makes requests from a description (schemathesis).
const FUZZER: &str = "ATTEST_SCHEMATHESIS";
/// Requests made of each address and method, beside those that its limits suggest.
const EXAMPLES: &str = "25";
/// Where the choice of requests begins; the same run asks the same.
const SEED: &str = "20261120";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_made_from_the_description_are_answered_as_it_says() {
    let Ok(fuzzer) = std::env::var(FUZZER) else {
        println!("skipped: requests made from the description, because {FUZZER} names no program");
        return;
    };
    let site = Site::on_sqlite().await;
    Books::import(&site.controller().await).await;
    // Members are an administrator's affair; all else is a controller's.
    for (role, addresses) in [
        (Role::Controller, ["--exclude-path-regex", "/log/signal$"]),
        (Role::Admin, ["--include-path-regex", "/members"]),
    ] {
        ask(&fuzzer, &site, role, addresses).await;
    }
}

/// Makes requests of some addresses as a member of the company. The signal is left out: it never ends.
async fn ask(fuzzer: &str, site: &Site, role: Role, addresses: [&str; 2]) {
    let backend = site.running.backend();
    let (_, key) =
        operate::add_program(backend, site.tenant, "fuzzer", role, &Scope::default()).await.unwrap();
    // Ids are not guessed: without the company's every answer would be that there is none.
    let config = format!(
        "parameters = {{ \"path.tenant\" = \"{}\" }}\nheaders = {{ Authorization = \"Bearer {key}\" }}\n",
        site.tenant
    );
    let mut command = Command::new(fuzzer);
    command.arg("--config-file").arg(site.scratch.file("fuzzer.toml", config)).arg("run");
    command.arg("--tls-verify").arg(site.scratch.path().join("certificate.pem"));
    command.args(["--max-examples", EXAMPLES, "--seed", SEED, "--workers", "1", "--no-shrink"]);
    command.args(["--generation-database", "none", "--request-timeout", "10", "--warnings", "off"]);
    command.args(["--checks", CHECKS, "--phases", "coverage,fuzzing"]).args(addresses);
    command.arg(format!("https://localhost:{}/openapi.json", site.running.address.port()));
    command.current_dir(site.scratch.path());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{role:?}: {said}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Whatever was asked, the service was not stopped by it, and was asked something.
    let tested =
        said.lines().find_map(|line| line.trim().strip_suffix(" passed")?.split(' ').next()?.parse().ok());
    assert!(tested.is_some_and(|count: u32| count > 100), "{said}");
}

/// No failure of the service, and no answer that the description does not name: its status, its type, its shape.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";
