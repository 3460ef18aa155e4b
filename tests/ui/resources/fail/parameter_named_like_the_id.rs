use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, remote, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Page {
    #[resource(id)]
    slug: String,
    title: String,
}

#[remote]
impl Page {
    pub fn retitle(&mut self, slug: String) {
        self.title = slug;
    }

    // A name other than the id's, and a method without a record.
    pub fn find_by(&self, id: String) -> bool {
        self.title == id
    }

    pub fn is_free(slug: String) -> bool {
        slug.is_empty()
    }
}

const APP: Resources = resources![Page];

fn main() {}
