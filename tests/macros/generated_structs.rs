//! The structs, defaults and schema generated for a resource.

use serde::{Deserialize, Serialize};
use sockful::{Error, Resource, Resources, Result, Server, remote, resources};

/// A post of the blog.
#[derive(Serialize, Deserialize, Resource)]
#[resource(plural = "articles")]
#[serde(rename_all = "camelCase")]
struct BlogPost {
    #[resource(id)]
    slug: String,
    /// The headline of the post.
    first_title: String,
    #[resource(default = "draft")]
    state: String,
    #[resource(default = vec![1, 2])]
    marks: Vec<u8>,
    #[serde(rename = "sub")]
    subtitle: Option<String>,
    #[resource(read_only, default)]
    view_count: u64,
    #[resource(private, default = "unassigned")]
    reviewer: String,
}

#[remote]
impl BlogPost {
    /// Returns the title.
    pub fn title(&self) -> &str {
        &self.first_title
    }
}

#[derive(Serialize, Deserialize, Resource)]
struct Plain {
    id: u64,
    /// Whether it is tame.
    tame: bool,
    next: Option<Box<Self>>,
}

const APP: Resources = resources![BlogPost, Plain];

#[tokio::test]
async fn defaults_apply_to_omitted_properties() -> Result<()> {
    let posts = Server::new(APP).open().await?.records::<BlogPost>();
    let new = NewBlogPost {
        first_title: "Hello".to_owned(),
        ..Default::default()
    };
    let post = posts.create(new).await?;
    assert_eq!(
        (post.state.as_str(), post.marks.as_slice()),
        ("draft", &[1, 2][..])
    );
    assert_eq!(
        (post.view_count, post.reviewer.as_str(), post.subtitle),
        (0, "unassigned", None)
    );
    assert_eq!(post.slug.len(), 36, "an id is made");
    Ok(())
}

#[tokio::test]
async fn patch_distinguishes_none_from_unset() -> Result<()> {
    let posts = Server::new(APP).open().await?.records::<BlogPost>();
    let subtitle = Some("again".to_owned());
    let post = posts
        .create(NewBlogPost {
            subtitle,
            ..NewBlogPost::default()
        })
        .await?;
    let left = posts.update(
        &post.slug,
        BlogPostPatch {
            state: Some("done".to_owned()),
            ..Default::default()
        },
    );
    assert_eq!(left.await?.subtitle.as_deref(), Some("again"));
    let unset = posts
        .update(
            &post.slug,
            BlogPostPatch {
                subtitle: Some(None),
                ..Default::default()
            },
        )
        .await?;
    assert_eq!((unset.subtitle, unset.state.as_str()), (None, "done"));
    Ok(())
}

#[test]
fn wire_names_follow_serde_and_attributes() {
    let definition = APP.entries()[0].shape.definition;
    assert_eq!(
        (definition.name, definition.plural, definition.title),
        ("blogPost", "articles", "BlogPost")
    );
    assert_eq!(definition.doc, "A post of the blog.");
    let names: Vec<_> = definition
        .properties
        .iter()
        .map(|property| property.name)
        .collect();
    assert_eq!(
        names,
        [
            "slug",
            "firstTitle",
            "state",
            "marks",
            "sub",
            "viewCount",
            "reviewer"
        ]
    );
    assert_eq!(
        (definition.id, definition.properties[1].doc),
        (0, "The headline of the post.")
    );
}

#[test]
fn debug_hides_private_properties() {
    let new = NewBlogPost {
        reviewer: Some("eve".to_owned()),
        ..Default::default()
    };
    assert_eq!(
        format!("{new:?}"),
        r#"NewBlogPost { firstTitle: "", sub: null, reviewer: … }"#
    );
    let patch = BlogPostPatch {
        marks: Some(vec![3]),
        reviewer: Some("eve".to_owned()),
        ..Default::default()
    };
    assert_eq!(
        format!("{patch:?}"),
        "BlogPostPatch { marks: [3], reviewer: … }"
    );
}

#[test]
fn returned_resource_has_its_own_schema() {
    let schema = schemars::schema_for!(Vec<Plain>).to_value();
    let plain = &schema["$defs"]["Plain"];
    assert_eq!(
        plain["required"],
        serde_json::json!(["id", "tame", "next"]),
        "{schema}"
    );
    assert_eq!(
        plain["properties"]["tame"],
        serde_json::json!({"type": "boolean", "description": "Whether it is tame."})
    );
}

#[test]
fn application_errors_convert_to_error() {
    struct Full;

    impl From<Full> for Error {
        fn from(_: Full) -> Self {
            Self::refused("full", "is full")
        }
    }

    let output = sockful::macro_support::encode_output(
        &sockful::macro_support::output(std::marker::PhantomData::<()>),
        Err::<(), _>(Full),
        usize::MAX,
    );
    assert_eq!(output.expect_err("full").code(), "full");
}
