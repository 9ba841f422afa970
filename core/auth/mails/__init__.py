"""What is mailed to people, and the codes behind the links in it."""
