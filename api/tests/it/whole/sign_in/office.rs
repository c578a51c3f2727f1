//! A service with an issuer in front of it.

use gradeledger::service::ServiceSettings;
use http::Method;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::super::desk::Desk;
use super::super::place::{Place, Running};
use super::issuer::{Issuer, Signer, claims};
use crate::routes::world::{Person, Said, heard};

/// An open route for whoever is let in, in any role.
pub(super) const OPEN_TO_ALL: &str = "/api/openapi.json";

pub(super) struct SignedIn<'a> {
    pub(super) running: Running<'a>,
    pub(super) issuer: Issuer,
    pub(super) signer: Signer,
    pub(super) keys: PgPool,
}

impl<'a> SignedIn<'a> {
    pub(super) async fn at(place: &'a Place) -> Self {
        Self::with(place, |_| {}).await
    }

    pub(super) async fn with(place: &'a Place, change: impl FnOnce(&mut ServiceSettings)) -> Self {
        let signer = Signer::ed("first");
        let issuer = Issuer::start(&[&signer]).await;
        let settings = issuer.settings();
        let running = place
            .service_with(|service| {
                service.oidc = Some(settings);
                // How a token is refused is asked for here more often than an address is told.
                service.limits.http.failed_sign_ins = 1_000;
                change(service);
            })
            .await;
        Self { running, issuer, signer, keys: keys(place) }
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.running.desk
    }

    /// A token of somebody in this role.
    pub(super) fn token(&self, sub: &str, role: &str) -> String {
        self.signer.token(&claims(sub, role))
    }

    /// A token of a student whom the institution knows by this.
    pub(super) fn student(&self, sub: &str, reference: &str) -> String {
        let mut claims = claims(sub, "student");
        claims["gradeledger_subject"] = json!(reference);
        self.signer.token(&claims)
    }

    pub(super) fn ask(&self, token: &str, method: Method, path: &str) -> RequestBuilder {
        self.desk().bare(method, path).bearer_auth(token)
    }

    pub(super) async fn get(&self, token: &str, path: &str) -> Said {
        heard(self.ask(token, Method::GET, path)).await
    }

    /// The status that this token is answered with where every role is let in.
    pub(super) async fn status(&self, token: &str) -> u16 {
        self.get(token, OPEN_TO_ALL).await.status
    }

    /// How often somebody was not let in for this reason.
    pub(super) async fn refused(&self, reason: &str) -> f64 {
        let series = format!("sign_ins_refused_total{{reason=\"{reason}\"}}");
        self.desk().metrics().await.of(&series)
    }

    pub(super) async fn register(&self, name: &str) -> String {
        let said = self.desk().post(&self.desk().admin, "/api/subjects", json!({"name": name})).await;
        said.body(201)["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn act(&self, who: &Person, method: Method, path: &str, body: Value) -> Said {
        self.desk().hear(self.desk().ask(who, method, path).json(&body)).await
    }

    /// Enters the references of a subject, as the office does.
    pub(super) async fn references(&self, subject: &str, references: &[&str]) -> Said {
        let (path, body) = (format!("/api/subjects/{subject}/references"), json!({"references": references}));
        self.act(&self.desk().admin, Method::PUT, &path, body).await
    }

    pub(super) async fn sign_ins(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM sign_ins").fetch_one(&self.keys).await.unwrap()
    }
}

pub(super) fn keys(place: &Place) -> PgPool {
    PgPoolOptions::new().max_connections(2).connect_lazy_with(place.database.keys_connect_options())
}
