//! What an operator watches, in Prometheus's text form, on an address of its own: it names no company and no person,
//! but it is not for everybody either.

use crate::{error::ApiError, state::Backend, store::StoreError};
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};
use std::{sync::Arc, time::Instant};

/// The counters of a process.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    commands: IntCounterVec,
    /// Logs that are not signed any more because their bytes were changed.
    damaged: IntGauge,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let metrics = Self {
            registry: Registry::new(),
            requests: IntCounterVec::new(
                Opts::new("attest_requests_total", "Requests by route, method and status."),
                &["route", "method", "status"],
            )?,
            seconds: HistogramVec::new(
                HistogramOpts::new(
                    "attest_request_seconds",
                    "Time from a request to the head of its answer.",
                ),
                &["route"],
            )?,
            commands: IntCounterVec::new(
                Opts::new("attest_commands_total", "Commands by what became of them."),
                &["outcome"],
            )?,
            damaged: IntGauge::new("attest_damaged_logs", "Logs that are not signed any more.")?,
        };
        for collector in [
            Box::new(metrics.requests.clone()) as Box<dyn prometheus::core::Collector>,
            Box::new(metrics.seconds.clone()),
            Box::new(metrics.commands.clone()),
            Box::new(metrics.damaged.clone()),
        ] {
            metrics.registry.register(collector)?;
        }
        Ok(metrics)
    }

    /// Counts what became of commands.
    pub(crate) fn count_commands(&self, outcome: &str, count: u64) {
        self.commands.with_label_values(&[outcome]).inc_by(count);
    }
}

/// Counts and times a request by the route it took, never by its address.
pub(crate) async fn observe(State(backend): State<Arc<Backend>>, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().as_str().to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let metrics = &backend.metrics;
    metrics.seconds.with_label_values(&[route.as_str()]).observe(began.elapsed().as_secs_f64());
    metrics.requests.with_label_values(&[route.as_str(), method.as_str(), response.status().as_str()]).inc();
    response
}

/// What stands at the address for metrics.
pub(crate) fn router(backend: Arc<Backend>) -> Router {
    Router::new().route("/metrics", get(show)).with_state(backend)
}

async fn show(State(backend): State<Arc<Backend>>) -> Result<Response, ApiError> {
    let damaged: i64 = sqlx::query_scalar("select count(*) from log_head where damage is not null")
        .fetch_one(&backend.store.reader)
        .await?;
    backend.metrics.damaged.set(damaged);
    let mut text = Vec::new();
    TextEncoder::new()
        .encode(&backend.metrics.registry.gather(), &mut text)
        .map_err(|error| StoreError::stored("metric", error))?;
    Ok(([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response())
}
