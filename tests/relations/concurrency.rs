//! Relations under many concurrent writers.

use crate::support::music_resources::MUSIC;
use crate::support::{Client, TestServer};
use serde_json::{Value, json};
use sockful::Server;

/// Starts a server with an artist and connects `clients` clients.
async fn start_with_clients(clients: usize) -> (TestServer, Vec<Client>) {
    let server = TestServer::serve(Server::new(MUSIC)).await;
    let mut all = Vec::with_capacity(clients);
    for _ in 0..clients {
        all.push(server.client().await);
    }
    all[0].ok("artist", "create", json!({"id": "a"})).await;
    (server, all)
}

/// Sends requests of one client with one flush. Returns the replies in the order of the requests.
async fn replies(client: &mut Client, requests: Vec<Value>) -> Vec<Value> {
    let sent = requests.len();
    let numbered = requests.into_iter().enumerate().map(|(nth, mut request)| {
        request.as_array_mut().expect("a frame").push(nth.into());
        request
    });
    client.send_all(numbered).await;
    let mut replies = vec![Value::Null; sent];
    for _ in 0..sent {
        let mut reply = client.recv().await;
        let nth = reply[3].as_u64().and_then(|nth| usize::try_from(nth).ok());
        replies[nth.expect("a number")] = reply[2].take();
    }
    replies
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_concurrently_created_children_are_stored() {
    let (_server, mut clients) = start_with_clients(8).await;
    let album = json!({"id": "x", "artist_id": "a"});
    clients[0].ok("album", "create", album).await;
    let tasks = clients.into_iter().enumerate().map(|(nth, mut client)| {
        tokio::spawn(async move {
            let share = if nth < 4 { 63 } else { 62 };
            let requests = (0..share).map(|_| json!(["album", "createSong", {"album_id": "x"}]));
            for reply in replies(&mut client, requests.collect()).await {
                assert!(reply["ok"].is_object(), "{reply}");
            }
            client
        })
    });
    let mut clients = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        clients.push(task.await.expect("the client does not fail"));
    }
    let counted = clients[0]
        .ok("song", "count", json!({"album_id": "x"}))
        .await;
    assert_eq!(counted, 500);
    // One commit for the artist, the album and each song.
    assert_eq!(clients[0].head().await, 502);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_parent_destroy_leaves_no_orphan() {
    let (_server, mut clients) = start_with_clients(9).await;
    let mut destroyer = clients.pop().expect("nine");
    let mut interrupted = 0;
    for round in 0..40 {
        let album = format!("x{round}");
        destroyer
            .ok("album", "create", json!({"id": album, "artist_id": "a"}))
            .await;
        let tasks = clients.drain(..).map(|mut client| {
            let album = album.clone();
            tokio::spawn(async move {
                let request = json!(["album", "createSong", {"album_id": album}]);
                let replies = replies(&mut client, vec![request; 16]).await;
                (client, replies)
            })
        });
        let tasks: Vec<_> = tasks.collect();
        // The destroy runs when some of the songs exist.
        let of_album = json!({"album_id": album});
        let count =
            async |destroyer: &mut Client| destroyer.ok("song", "count", of_album.clone()).await;
        while count(&mut destroyer).await.as_u64() < Some(1 + round % 30) {}
        destroyer.ok("album", "destroy", json!({"id": album})).await;
        let mut created = 0;
        for task in tasks {
            let (client, replies) = task.await.expect("the client does not fail");
            clients.push(client);
            for reply in replies {
                match reply["err"]["code"].as_str() {
                    None => created += 1,
                    Some(code) => assert!(matches!(code, "not_found" | "invalid"), "{reply}"),
                }
            }
        }
        interrupted += usize::from((1..128).contains(&created));
        assert_eq!(
            destroyer.ok("song", "find", json!(null)).await,
            json!([]),
            "{created}"
        );
    }
    assert!(interrupted > 0, "no destroy interrupted the creates");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn restrict_holds_when_create_and_destroy_race() {
    let (_server, mut clients) = start_with_clients(2).await;
    let (mut one, mut other) = (clients.remove(0), clients.remove(0));
    one.ok("playlist", "create", json!({"id": "p"})).await;
    one.ok("album", "create", json!({"id": "x", "artist_id": "a"}))
        .await;
    for round in 0..100 {
        let song = format!("s{round}");
        one.ok("song", "create", json!({"id": song, "album_id": "x"}))
            .await;
        let entry = json!({"playlist_id": "p", "song_id": song});
        let entry = async { other.reply("entry", "create", entry).await };
        let destroy = async { one.reply("song", "destroy", json!({"id": song})).await };
        let (entry, destroy) = tokio::join!(entry, destroy);
        let codes = (
            entry["err"]["code"].as_str(),
            destroy["err"]["code"].as_str(),
        );
        assert!(
            matches!(codes, (None, Some("conflict")) | (Some("invalid"), None)),
            "{entry} {destroy}"
        );
    }
}
