//! Relations in the description of the API.

use super::children::two_albums;
use serde_json::{Value, json};

#[tokio::test]
async fn schema_describes_relation_routes_on_both_sides() {
    let (_server, mut client) = two_albums().await;
    let mut description = client.ok("sockful", "schema", json!(null)).await;
    let validator = |description: &mut Value, path: &str| {
        description["$ref"] = format!("#/resources/{path}").into();
        jsonschema::draft202012::new(description).expect("a schema")
    };
    for (path, valid, invalid) in [
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
        let (resource, action) = path.split_once("/actions/").expect("an action");
        let payload = validator(&mut description, &format!("{path}/payload"));
        let result = validator(&mut description, &format!("{path}/result"));
        assert!(
            payload.is_valid(&valid) && !payload.is_valid(&invalid),
            "{path}"
        );
        assert_eq!(
            client.code(resource, action, invalid).await,
            "invalid",
            "{path}"
        );
        let ok = client.ok(resource, action, valid).await;
        assert!(result.is_valid(&ok), "{path}: {ok}");
    }
}
