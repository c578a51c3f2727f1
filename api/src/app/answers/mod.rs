//! What the API answers, as JSON: shapes that are made from folds and views, and know nothing of HTTP.

pub mod access;
pub mod annotation;
pub mod audit;
pub mod copy;
pub mod copy_parts;
pub mod copy_summary;
pub mod decimal;
pub mod dispatch;
pub mod event;
pub mod exam;
pub mod history;
pub mod history_change;
pub mod list;
pub mod lock;
pub mod marks;
pub mod page_box;
pub mod projections;
pub mod result;
pub mod sealed;
pub mod status;
pub mod subject;
