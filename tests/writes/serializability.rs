//! Calls that list records before they write: each takes effect as if it had run alone.

use crate::support::{Client, TestServer};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sockful::{Context, Error, Resource, Resources, Result, Server, remote, resources};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::Barrier;

const CLIENTS: usize = 16;
const ROOMS: usize = 100;

/// A booking of a room, which must not overlap with another.
#[derive(Serialize, Deserialize, Resource)]
struct Booking {
    id: String,
    #[resource(index)]
    room: String,
    from: u32,
    to: u32,
    /// How the hook looks for overlaps: `count`, `find`, `first`, or `none` if the method has done it.
    check: String,
}

/// A record of another resource, which a method reads by a list.
#[derive(Serialize, Deserialize, Resource)]
struct Shift {
    id: String,
    ward: String,
    on_call: bool,
}

/// A ward, which closes only if none of its nurses is on call.
#[derive(Serialize, Deserialize, Resource)]
struct Ward {
    id: String,
    #[resource(default = true)]
    is_open: bool,
}

#[derive(Serialize, Deserialize, Resource)]
struct Nurse {
    id: String,
    #[resource(parent = Ward)]
    ward_id: String,
    #[resource(default, index)]
    on_call: bool,
}

/// A line of a list, with its position from 0 without gaps.
#[derive(Serialize, Deserialize, Resource)]
struct Line {
    id: String,
    list: String,
    #[resource(read_only, default)]
    position: u32,
}

const RESOURCES: Resources = resources![Booking, Line, Shift, Ward, Nurse];

/// Holds the first run of each call until all clients have read, so that no call sees the writes of another.
#[derive(Clone, Default)]
struct FirstRuns(Arc<Mutex<Meetings>>);

/// How many calls have read at each place, and the barrier where they meet.
type Meetings = HashMap<String, (usize, Arc<Barrier>)>;

impl FirstRuns {
    async fn meet(&self, place: &str, calls: usize) {
        let barrier = {
            let mut places = self.0.lock().expect("no panic");
            let new = || (0, Arc::new(Barrier::new(calls)));
            let (met, barrier) = places.entry(place.to_owned()).or_insert_with(new);
            *met += 1;
            (*met <= calls).then(|| Arc::clone(barrier))
        };
        if let Some(barrier) = barrier {
            barrier.wait().await;
        }
    }
}

impl Booking {
    /// Refuses if the room is taken.
    async fn is_free(&self, ctx: &Context) -> Result<()> {
        let bookings = ctx.records::<Self>();
        let fields = Self::FIELDS;
        let in_room = fields.room.eq(&self.room);
        let overlapping = in_room & fields.from.lt(self.to) & fields.to.gt(self.from);
        let taken = match &*self.check {
            "count" => bookings.count(overlapping).await?,
            "find" => bookings.find(overlapping).await?.len(),
            _ => {
                let first = bookings.find(overlapping).sort(fields.from.descending());
                first.limit(1).await?.len()
            }
        };
        ctx.state::<FirstRuns>()?.meet(&self.room, CLIENTS).await;
        match taken {
            0 => Ok(()),
            _ => Err(Error::refused("taken", "the room is taken")),
        }
    }
}

#[remote]
impl Booking {
    #[before(create)]
    async fn overlaps_with_none(&self, ctx: &Context) -> Result<()> {
        match &*self.check {
            "none" => Ok(()),
            _ => self.is_free(ctx).await,
        }
    }

    /// Books a room after the same check.
    pub async fn book(ctx: &Context, room: String, check: String) -> Result<()> {
        let (id, from, to) = (String::new(), 9, 10);
        let wanted = Self {
            id,
            room,
            from,
            to,
            check,
        };
        wanted.is_free(ctx).await?;
        let new = NewBooking {
            id: None,
            room: wanted.room,
            from,
            to,
            check: "none".to_owned(),
        };
        ctx.records::<Self>().create(new).await?;
        Ok(())
    }
}

#[remote]
impl Line {
    #[before(create)]
    async fn comes_last(&mut self, ctx: &Context) -> Result<()> {
        let in_list = Self::FIELDS.list.eq(&self.list);
        let lines = ctx.records::<Self>().count(in_list).await?;
        self.position = lines.try_into().map_err(Error::internal)?;
        Ok(())
    }

    #[before(destroy)]
    async fn closes_its_gap(&self, ctx: &Context) -> Result<()> {
        let (lines, fields) = (ctx.records::<Self>(), Self::FIELDS);
        let behind = fields.list.eq(&self.list) & fields.position.gt(self.position);
        for line in lines.find(behind).await? {
            let patch = LinePatch {
                position: Some(line.position - 1),
                ..LinePatch::default()
            };
            lines.update(&line.id, patch).await?;
        }
        Ok(())
    }
}

#[remote]
impl Shift {
    /// Goes off call, unless it is the last one of its ward: a write skew without guards.
    pub async fn leave(&mut self, ctx: &Context) -> Result<()> {
        let fields = Self::FIELDS;
        let on_call = fields.ward.eq(&self.ward) & fields.on_call.eq(true);
        let on_call = ctx.records::<Self>().count(on_call).await?;
        ctx.state::<FirstRuns>()?.meet(&self.ward, 2).await;
        if on_call < 2 {
            return Err(Error::refused("last", "the last one stays"));
        }
        self.on_call = false;
        Ok(())
    }
}

#[remote]
impl Ward {
    /// Closes, unless a nurse is on call: a condition over its children.
    pub async fn close(&mut self, ctx: &Context) -> Result<()> {
        let on_call = Nurse::FIELDS.on_call.eq(true);
        let idle = Self::FIELDS.id.eq(&self.id) & Nurse::FIELDS.ward_id.none(on_call);
        let idle = ctx.records::<Self>().count(idle).await?;
        ctx.state::<FirstRuns>()?.meet(&self.id, 2).await;
        if idle == 0 {
            return Err(Error::refused("busy", "a nurse is on call"));
        }
        self.is_open = false;
        Ok(())
    }
}

#[remote]
impl Nurse {
    /// Puts the person on call if the ward is open: a condition on the parent.
    pub async fn come(&mut self, ctx: &Context) -> Result<()> {
        let open = Self::FIELDS.ward_id.parent(Ward::FIELDS.is_open.eq(true));
        let open = ctx
            .records::<Self>()
            .find(Self::FIELDS.id.eq(&self.id) & open);
        let is_open = !open.await?.is_empty();
        ctx.state::<FirstRuns>()?.meet(&self.ward_id, 2).await;
        if !is_open {
            return Err(Error::refused("closed", "the ward is closed"));
        }
        self.on_call = true;
        Ok(())
    }

    /// Goes off call, unless it is the last one of its ward.
    pub async fn leave(&mut self, ctx: &Context) -> Result<()> {
        let fields = Self::FIELDS;
        let other = fields.on_call.eq(true) & fields.id.ne(&self.id);
        let covered = Ward::FIELDS.id.eq(&self.ward_id) & fields.ward_id.some(other);
        let covered = ctx.records::<Ward>().count(covered).await?;
        ctx.state::<FirstRuns>()?.meet(&self.ward_id, 2).await;
        if covered == 0 {
            return Err(Error::refused("last", "the last one stays"));
        }
        self.on_call = false;
        Ok(())
    }
}

async fn start() -> (TestServer, Vec<Client>) {
    let server = Server::new(RESOURCES).state(FirstRuns::default());
    let server = TestServer::serve(server).await;
    let mut clients = Vec::with_capacity(CLIENTS);
    for _ in 0..CLIENTS {
        clients.push(server.client().await);
    }
    (server, clients)
}

/// All clients book each room at the same time; each room is booked once.
async fn book_all_rooms(action: &'static str, check: &'static str) {
    let (_server, clients) = start().await;
    let tasks = clients.into_iter().map(|mut client| {
        tokio::spawn(async move {
            let mut booked = 0;
            for room in 0..ROOMS {
                let payload = match action {
                    "create" => {
                        json!({"room": room.to_string(), "from": 9, "to": 10, "check": check})
                    }
                    _ => json!({"room": room.to_string(), "check": check}),
                };
                let reply = client.reply("booking", action, payload).await;
                match reply.get("err") {
                    None => booked += 1,
                    Some(error) => assert_eq!(error["code"], "taken", "{reply}"),
                }
            }
            (client, booked)
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut booked = 0;
    let mut last = None;
    for task in tasks {
        let (client, of_one) = task.await.expect("no client failed");
        booked += of_one;
        last = Some(client);
    }
    let mut client = last.expect("there are clients");
    for room in 0..ROOMS {
        let count = client
            .ok("booking", "count", json!({"room": room.to_string()}))
            .await;
        assert_eq!(count, 1, "room {room}");
    }
    assert_eq!(booked, ROOMS);
}

#[tokio::test]
pub(crate) async fn hook_that_counts_never_double_books() {
    book_all_rooms("create", "count").await;
}

#[tokio::test]
pub(crate) async fn hook_that_finds_never_double_books() {
    book_all_rooms("create", "find").await;
}

#[tokio::test]
pub(crate) async fn hook_that_finds_one_never_double_books() {
    book_all_rooms("create", "first").await;
}

#[tokio::test]
pub(crate) async fn method_that_counts_never_double_books() {
    book_all_rooms("book", "count").await;
}

#[tokio::test]
pub(crate) async fn method_that_finds_never_double_books() {
    book_all_rooms("book", "find").await;
}

#[tokio::test]
pub(crate) async fn of_two_calls_that_count_both_one_sees_other() {
    let (_server, mut clients) = start().await;
    for ward in 0..20 {
        for nurse in ["a", "b"] {
            let id = format!("{nurse}{ward}");
            let shift = json!({"id": id, "ward": ward.to_string(), "on_call": true});
            clients[0].ok("shift", "create", shift).await;
        }
    }
    let tasks = clients
        .into_iter()
        .zip(["a", "b"])
        .map(|(mut client, nurse)| {
            tokio::spawn(async move {
                let mut left = 0;
                for ward in 0..20 {
                    let payload = json!({"id": format!("{nurse}{ward}")});
                    let reply = client.reply("shift", "leave", payload).await;
                    left += usize::from(reply.get("err").is_none());
                }
                left
            })
        });
    let mut left = 0;
    for task in tasks.collect::<Vec<_>>() {
        left += task.await.expect("no client failed");
    }
    assert_eq!(left, 20);
}

/// Has two clients run a call each, at the same time, for each of 20 wards; returns how many took effect.
async fn both_at_once(
    clients: [Client; 2],
    calls: [(&'static str, &'static str, &'static str); 2],
) -> [Vec<bool>; 2] {
    let tasks = clients.into_iter().zip(calls);
    let tasks = tasks.map(|(mut client, (resource, action, id))| {
        tokio::spawn(async move {
            let mut done = Vec::new();
            for ward in 0..20 {
                let payload = json!({"id": format!("{id}{ward}")});
                let reply = client.reply(resource, action, payload).await;
                done.push(reply.get("err").is_none());
            }
            done
        })
    });
    let [one, other] = tasks.collect::<Vec<_>>().try_into().expect("two tasks");
    let one = one.await.expect("no client failed");
    [one, other.await.expect("no client failed")]
}

async fn open_wards(client: &mut Client, nurses: &[&str], on_call: bool) {
    for ward in 0..20 {
        let id = format!("w{ward}");
        client.ok("ward", "create", json!({"id": id})).await;
        for nurse in nurses {
            let nurse = json!({"id": format!("{nurse}{ward}"), "ward_id": id, "on_call": on_call});
            client.ok("nurse", "create", nurse).await;
        }
    }
}

#[tokio::test]
pub(crate) async fn count_over_children_depends_on_the_children() {
    let (_server, mut clients) = start().await;
    open_wards(&mut clients[0], &["a", "b"], true).await;
    let both = [clients.remove(0), clients.remove(0)];
    let calls = [("nurse", "leave", "a"), ("nurse", "leave", "b")];
    let [one, other] = both_at_once(both, calls).await;
    for (one, other) in one.into_iter().zip(other) {
        assert!(one != other, "one of two nurses leaves");
    }
}

#[tokio::test]
pub(crate) async fn list_over_a_parent_depends_on_the_parent() {
    let (_server, mut clients) = start().await;
    open_wards(&mut clients[0], &["a"], false).await;
    let both = [clients.remove(0), clients.remove(0)];
    let calls = [("nurse", "come", "a"), ("ward", "close", "w")];
    let [come, close] = both_at_once(both, calls).await;
    for (come, close) in come.into_iter().zip(close) {
        assert!(come != close, "a nurse is on call in an open ward");
    }
}

#[tokio::test]
pub(crate) async fn positions_by_count_have_no_gaps() {
    let (_server, clients) = start().await;
    let tasks = clients.into_iter().enumerate().map(|(nth, mut client)| {
        tokio::spawn(async move {
            for line in 0..4 {
                let id = format!("{nth}-{line}");
                let line = json!({"id": id, "list": "one"});
                client.ok("line", "create", line).await;
            }
            let first = json!({"id": format!("{nth}-0")});
            client.ok("line", "destroy", first).await;
            client
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut last = None;
    for task in tasks {
        last = Some(task.await.expect("no client failed"));
    }
    let mut client = last.expect("there are clients");
    let sorted = json!({"$sort": {"position": 1}, "$select": ["position"]});
    let lines = client.ok("line", "find", sorted).await;
    let positions: Vec<_> = (0..3 * CLIENTS).map(|at| json!({"position": at})).collect();
    assert_eq!(lines, json!(positions));
}
