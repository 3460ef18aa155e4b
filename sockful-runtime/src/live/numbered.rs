//! What is known by numbers that go up: a list to run through, and to find something in.

/// Values by number, in their order.
///
/// Numbers go up, so the next one mostly belongs at the end; and a list is gone through faster than
/// a tree, which is what is done with it most.
#[derive(Debug)]
pub(crate) struct Numbered<T>(Vec<(u64, T)>);

impl<T> Numbered<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn insert(&mut self, number: u64, value: T) {
        let (Ok(at) | Err(at)) = self.place(number);
        self.0.insert(at, (number, value));
    }

    pub(crate) fn remove(&mut self, number: u64) -> Option<T> {
        let at = self.place(number).ok()?;
        Some(self.0.remove(at).1)
    }

    pub(crate) fn get(&self, number: u64) -> Option<&T> {
        Some(&self.0[self.place(number).ok()?].1)
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let at = self.place(number).ok()?;
        Some(&mut self.0[at].1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.0.iter().map(|(number, value)| (*number, value))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u64, &mut T)> {
        self.0.iter_mut().map(|(number, value)| (*number, value))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    fn place(&self, number: u64) -> Result<usize, usize> {
        self.0.binary_search_by_key(&number, |(number, _)| *number)
    }
}
