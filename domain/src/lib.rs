//! The rules of grading.
