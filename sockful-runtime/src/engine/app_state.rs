use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;

/// Values that the application shares with every call, looked up by type.
#[derive(Default)]
pub(crate) struct AppState(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl AppState {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, state: T) {
        self.0.insert(TypeId::of::<T>(), Box::new(state));
    }

    pub(crate) fn get<T: 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState")
            .field("len", &self.0.len())
            .finish()
    }
}
