//! Results and events with numbers that JSON cannot represent.

use crate::support::{CapturedLog, TestServer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sockful::{Context, Resource, Resources, Result, Server, remote, resources};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(measured = Measured))]
struct Probe {
    id: u32,
}

#[derive(Serialize, JsonSchema)]
struct Measured {
    values: Vec<Option<f32>>,
}

#[derive(Serialize, JsonSchema)]
enum Reading {
    At { place: &'static str, value: f64 },
    Missing(Option<f64>),
}

const INFINITE: f64 = f64::INFINITY;

#[remote]
impl Probe {
    pub fn nan() -> f64 {
        f64::NAN
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "what is tested is inside of a result"
    )]
    pub fn maybe() -> Result<Option<f32>> {
        Ok(Some(f32::NEG_INFINITY))
    }

    pub fn nested() -> Vec<BTreeMap<u8, Reading>> {
        let reading = Reading::At {
            place: "here",
            value: INFINITE,
        };
        vec![BTreeMap::from([(1, reading)])]
    }

    pub fn of(&self) -> (u32, f64) {
        (self.id, INFINITE % 2.0)
    }

    pub fn tell(&self, context: &Context) -> Result<()> {
        let values = vec![Some(1.0), None, Some(f32::NAN)];
        context.emit(&self.id, Measured { values })
    }

    pub fn finite() -> (Reading, Reading, Option<f64>) {
        let reading = Reading::At {
            place: "null",
            value: f64::MAX,
        };
        (reading, Reading::Missing(None), None)
    }
}

const PROBES: Resources = resources![Probe];

#[tokio::test]
async fn non_finite_results_are_internal_errors_and_logged() {
    let log = CapturedLog::start();
    let server = TestServer::serve(Server::new(PROBES)).await;
    let mut client = server.client().await;
    client.ok("probe", "create", json!({"id": 1})).await;
    for (action, payload) in [
        ("nan", json!({})),
        ("maybe", json!({})),
        ("nested", json!({})),
        ("of", json!({"id": 1})),
        ("tell", json!({"id": 1})),
    ] {
        let code = client.code("probe", action, payload).await;
        assert_eq!(code, "internal", "{action}");
    }
    let finite = client.ok("probe", "finite", json!({})).await;
    assert_eq!(finite[1], json!({"Missing": null}));
    assert_eq!(log.text().matches("NaN or infinite").count(), 5);
}
