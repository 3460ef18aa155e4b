//! A map in one sorted vector, for keys that are inserted in ascending order.

/// A map from ascending numbers to values, in one sorted vector.
///
/// A new key is usually the highest, so inserting appends. Iterating, which is the most frequent
/// operation, is faster than over a tree.
#[derive(Debug)]
pub(crate) struct SortedVecMap<T>(Vec<(u64, T)>);

impl<T> SortedVecMap<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn insert(&mut self, key: u64, value: T) {
        let (Ok(at) | Err(at)) = self.search(key);
        self.0.insert(at, (key, value));
    }

    pub(crate) fn remove(&mut self, key: u64) -> Option<T> {
        let at = self.search(key).ok()?;
        Some(self.0.remove(at).1)
    }

    pub(crate) fn get(&self, key: u64) -> Option<&T> {
        Some(&self.0[self.search(key).ok()?].1)
    }

    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        let at = self.search(key).ok()?;
        Some(&mut self.0[at].1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u64, &mut T)> {
        self.0.iter_mut().map(|(key, value)| (*key, value))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    fn search(&self, key: u64) -> Result<usize, usize> {
        self.0.binary_search_by_key(&key, |(key, _)| *key)
    }
}
