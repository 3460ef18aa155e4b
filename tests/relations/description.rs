//! Relations in the description of the API.

use super::children::two_albums;
use serde_json::{Value, json};

#[tokio::test]
async fn schema_describes_relation_routes_on_both_sides() {
    let (_server, mut client) = two_albums().await;
    let mut described = client.ok("sockful", "schema", json!(null)).await;
    let validator = |described: &mut Value, place: &str| {
        described["$ref"] = format!("#/resources/{place}").into();
        jsonschema::draft202012::new(described).expect("a schema")
    };
    for (place, right, wrong) in [
        (
            "album/actions/createSong",
            json!({"album_id": "kob", "title": "t"}),
            json!({"title": "t"}),
        ),
        (
            "album/actions/getSong",
            json!({"album_id": "kob", "id": "so-what"}),
            json!({"id": "so-what"}),
        ),
        (
            "album/actions/songs",
            json!({"album_id": "kob", "playing": false}),
            json!({"playing": false}),
        ),
        (
            "album/actions/updateSong",
            json!({"album_id": "kob", "id": "so-what", "playing": true}),
            json!({"id": "so-what", "playing": true}),
        ),
        (
            "song/actions/byAlbum",
            json!({"album_id": "kob"}),
            json!({"album_id": 7}),
        ),
        ("song/actions/album", json!({"id": "so-what"}), json!({})),
        (
            "album/actions/subscribeSongs",
            json!({"album_id": "kob"}),
            json!({}),
        ),
        (
            "album/actions/destroySong",
            json!({"album_id": "kob", "id": "so-what"}),
            json!({"album_id": null, "id": "so-what"}),
        ),
    ] {
        let (resource, action) = place.split_once("/actions/").expect("an action");
        let payload = validator(&mut described, &format!("{place}/payload"));
        let result = validator(&mut described, &format!("{place}/result"));
        assert!(
            payload.is_valid(&right) && !payload.is_valid(&wrong),
            "{place}"
        );
        assert_eq!(
            client.code(resource, action, wrong).await,
            "invalid",
            "{place}"
        );
        let ok = client.ok(resource, action, right).await;
        assert!(result.is_valid(&ok), "{place}: {ok}");
    }
}
