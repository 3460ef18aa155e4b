use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, remote, resources};

#[derive(Serialize, Deserialize, Resource)]
#[allow(non_camel_case_types)]
struct r#struct {
    id: String,
    r#type: String,
    #[resource(default)]
    r#match: u32,
}

#[remote]
impl r#struct {
    pub fn r#loop(&mut self, r#type: String) -> String {
        std::mem::replace(&mut self.r#type, r#type)
    }
}

const APP: Resources = resources![r#struct];

fn main() {
    let new = Newstruct { r#type: "dragon".to_owned(), ..Default::default() };
    assert_eq!(format!("{new:?}"), "Newstruct { type: \"dragon\" }");
    assert!(APP.find("struct", "loop").is_some());
}
