//! Pages of a list, cut by key: the last key of one page is where the next begins, however the list grew meanwhile.

/// How many items a page has at most: 1 to [`PageSize::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u16);

/// A number that is no page size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a page has 1 to {} items", PageSize::MAX.0)]
pub struct PageSizeError;

impl PageSize {
    /// The most.
    pub const MAX: Self = Self(200);
    /// Where nobody asks for another.
    pub const DEFAULT: Self = Self(50);

    /// A page of `items` items.
    ///
    /// # Errors
    /// `items` is zero or more than [`PageSize::MAX`].
    pub const fn new(items: u16) -> Result<Self, PageSizeError> {
        if items == 0 || items > Self::MAX.0 { Err(PageSizeError) } else { Ok(Self(items)) }
    }

    /// How many items.
    #[must_use]
    pub const fn items(self) -> u16 {
        self.0
    }

    /// One more than the page has: what is asked of the database, to know whether a further page follows.
    pub(crate) const fn and_one(self) -> i64 {
        self.0 as i64 + 1
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A page, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    /// Its items, in the order of the list.
    pub items: Vec<T>,
    /// What to ask after for the next page; none where this is the last.
    pub next: Option<i64>,
}

impl<T> Slice<T> {
    /// Cuts what [`PageSize::and_one`] brought.
    pub(crate) fn cut(mut items: Vec<T>, size: PageSize, key: impl Fn(&T) -> i64) -> Self {
        let more = items.len() > usize::from(size.0);
        items.truncate(usize::from(size.0));
        let next = items.last().filter(|_| more).map(key);
        Self { items, next }
    }
}
