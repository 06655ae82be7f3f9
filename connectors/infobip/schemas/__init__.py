"""Our words and Infobip's, one module an area; replies.py holds the answers that areas share."""
